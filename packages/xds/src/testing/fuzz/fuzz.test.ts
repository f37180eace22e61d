import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BlockCoverage } from './coverage.ts';
import { type FuzzTarget, fuzz } from './fuzzer.ts';
import { corpusOf, readInputs, writeCrash } from './inputs.ts';
import { targets } from './targets.ts';

/** Numbers of two bytes behind `N` and how many they are; behind `L` the low byte comes first, and nobody looks whether all are there. */
function decode(bytes: Buffer): number[] {
  const count = bytes[1] ?? 0;
  if (bytes[0] !== 0x4e) return [];
  if (bytes[2] === 0x4c) return Array.from({ length: count }, (_, index) => bytes.readUInt16LE(3 + 2 * index));
  return bytes.length < 2 + 2 * count
    ? []
    : Array.from({ length: count }, (_, index) => bytes.readUInt16BE(2 + 2 * index));
}

const planted: FuzzTarget = {
  vocabulary: ['xxxx', 'N', 'L'].map((text) => Buffer.from(text)),
  run: (input) => void decode(input),
};

test('a bug in a small decoder is found, by way of the code that inputs lead to, and a file has it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-fuzz-'));
  const coverage = new BlockCoverage((url) => url === import.meta.url);
  t.after(() => {
    coverage.stop();
    rmSync(folder, { recursive: true });
  });
  const corpus: Buffer[] = [];
  let tried = 0;
  const [found] = await fuzz(planted, coverage, corpus, 1, (count, broken) => {
    tried = count;
    return broken > 0 || count >= 200_000;
  });
  t.diagnostic(`${tried} inputs tried, ${corpus.length} kept`);
  assert.ok(found !== undefined && corpus.length > 1);
  const [again] = readInputs(writeCrash(folder, 'planted', found.input, found.error));
  assert.deepEqual(again, found.input);
  assert.throws(() => planted.run(again!), RangeError);
});

for (const [name, target] of Object.entries(targets)) {
  test(`${name}: nothing is broken by an input of the corpus`, () => {
    const corpus = readInputs(corpusOf(name));
    assert.ok(corpus.length > 0);
    for (const input of corpus) target.run(input);
  });
}
