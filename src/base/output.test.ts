import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { outputOf } from './testing/output-of.ts';

const output = new URL('./output.ts', import.meta.url).href;
const full = '/dev/full';
const skip = !existsSync(full) && 'there is no /dev/full';

/** A program that prints to both, once it is told that its readers are as the test wants them. */
function start(print: string, stdio: ['pipe', 'pipe' | number, 'pipe' | number]): ChildProcess {
  const code = `import { guardOutput, outliveReader } from '${output}'; guardOutput();
    process.stdin.once('data', async () => { ${print} process.stdin.destroy(); }); console.error('up');`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio });
}

async function read(child: ChildProcess): Promise<{ stdout: string; stderr: string; ended: number | string | null }> {
  const { code, signal, ...said } = await outputOf(child);
  return { ...said, ended: code ?? signal };
}

test('results outlive a reader of standard error that goes away', async () => {
  const child = start(
    `console.error('a'); await new Promise(setImmediate); console.error('b'); console.log('result');`,
    [...(['pipe', 'pipe', 'pipe'] as const)],
  );
  await once(child.stderr!, 'data');
  child.stderr!.destroy();
  child.stdin!.end('go');
  const { stdout, ended } = await read(child);
  assert.deepEqual([stdout, ended], ['result\n', 0]);
});

test('a reader of standard output that goes away ends a program without a word, but not what outlives it', async () => {
  const print = `console.log('x'); await new Promise((resolve) => setTimeout(resolve, 50)); console.error('went on');`;
  for (const [code, expected] of [
    [print, ['', 'SIGTERM']],
    [`outliveReader(); ${print}`, ['went on\n', 0]],
  ] as const) {
    const child = start(code, ['pipe', 'pipe', 'pipe']);
    child.stdout!.destroy();
    await once(child.stderr!, 'data');
    child.stdin!.end('go');
    const { stderr, ended } = await read(child);
    assert.deepEqual([stderr, ended], expected);
  }
});

test('a full disk is an error with a code, and the program ends tidily', { skip }, async () => {
  const child = start(`console.log('x'); console.log('y'); process.exitCode = 1;`, [
    'pipe',
    openSync(full, 'w'),
    'pipe',
  ]);
  child.stdin!.end('go');
  const { stderr, ended } = await read(child);
  assert.match(stderr, /^up\nerror EK_OUTPUT: cannot write to standard output: .*ENOSPC.*\n {2}\w.*\n$/);
  assert.equal(ended, 3);
});

test('a full disk behind standard error costs no result', { skip }, async () => {
  const child = start(`console.error('x'); console.log('result');`, ['pipe', 'pipe', openSync(full, 'w')]);
  child.stdin!.end('go');
  const { stdout, ended } = await read(child);
  assert.deepEqual([stdout, ended], ['result\n', 0]);
});
