import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { EvenkeelError } from '../base/errors.ts';
import { addProofOptions, parseProofOptions } from './options.ts';
import { schemeIds } from './schemes/schemes.ts';
import { parseShow } from './show-report.ts';

function parse(...args: string[]) {
  return parseProofOptions(addProofOptions(new Command()).exitOverride().parse(args, { from: 'user' }).opts());
}

test('without flags: every scheme, 300 calls, 3 → 6', () => {
  assert.deepEqual(parse(), {
    schemes: schemeIds,
    calls: 300,
    replicas: 3,
    scaleTo: 6,
    seed: 1,
    ratePerSecond: 300,
    scaleRatePerSecond: 100,
    rollRatePerSecond: 40,
    deadlineMs: 1000,
    windowMs: 5000,
    rollingUpdate: false,
  });
});

test('every flag is read', () => {
  const args = '--schemes xds --calls 10 --replicas 2 --scale-to 5 --seed 7 --rate 50 --scale-rate 20 --roll-rate 15';
  assert.deepEqual(parse(...args.split(' '), '--deadline', '300', '--window', '9000', '--rolling-update'), {
    schemes: ['xds'],
    calls: 10,
    replicas: 2,
    scaleTo: 5,
    seed: 7,
    ratePerSecond: 50,
    scaleRatePerSecond: 20,
    rollRatePerSecond: 15,
    deadlineMs: 300,
    windowMs: 9000,
    rollingUpdate: true,
  });
});

test('without --scale-to, twice the replicas', () => {
  assert.equal(parse('--replicas', '5').scaleTo, 10);
  assert.equal(parse('--replicas', '80').scaleTo, 100);
});

test('numbers that make no sense are refused with the flag', () => {
  const wrong = [
    ['--calls', '0'],
    ['--calls', '1e3'],
    ['--calls', ''],
    ['--replicas', '101'],
    ['--rate', '-1'],
    ['--deadline', '1.5'],
    ['--seed', '99999999999'],
  ] as const;
  for (const [flag, value] of wrong) {
    assert.throws(
      () => parse(`${flag}=${value}`),
      (error) => error instanceof EvenkeelError && error.code === 'EK_USAGE' && error.location.field === flag,
      `${flag} ${value}`,
    );
  }
});

test('scaling out to fewer is refused, to as many means no scaling', () => {
  assert.throws(() => parse('--replicas', '4', '--scale-to', '3'), /--scale-to 3 is less than --replicas 4/);
  assert.equal(parse('--replicas', '4', '--scale-to', '4').scaleTo, 4);
});

test('shares are by zone or by node, nothing else', () => {
  assert.doesNotThrow(() => parseShow({ by: 'node' }));
  assert.throws(
    () => parseShow({ by: 'rack' }),
    (error) => error instanceof EvenkeelError && error.code === 'EK_USAGE' && error.location.field === '--by',
  );
});
