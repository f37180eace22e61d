import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EvenkeelError } from '../base/errors.ts';
import { openOutput } from './output-file.ts';
import { parseOutput } from './output-flags.ts';

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'evenkeel-report-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

const report = '{ "schemaVersion": 1 }\n';

function refused(error: unknown): boolean {
  return error instanceof EvenkeelError && error.code === 'EK_REPORT_PATH' && error.exitCode === 2;
}

test('the file appears when it is written, whole, and nothing else stays', async (t) => {
  const path = await folder(t);
  const file = await openOutput(join(path, 'report.json'), '--report');
  assert.deepEqual(await readdir(path), []);
  await file.write(report);
  assert.deepEqual(await readdir(path), ['report.json']);
  assert.equal(await readFile(join(path, 'report.json'), 'utf8'), report);
});

test('what was in the file stays until the new report is complete', async (t) => {
  const path = join(await folder(t), 'report.json');
  await writeFile(path, 'old');
  const file = await openOutput(path, '--report');
  assert.equal(await readFile(path, 'utf8'), 'old');
  await file.write(report);
  assert.match(await readFile(path, 'utf8'), /schemaVersion/);
});

test('a folder that does not exist, a folder, a file as folder: refused before the run', async (t) => {
  const path = await folder(t);
  await mkdir(join(path, 'folder'));
  await writeFile(join(path, 'file'), '');
  for (const wrong of ['none/report.json', 'folder', 'file/report.json', 'folder/none/']) {
    await assert.rejects(openOutput(join(path, wrong), '--report'), refused, wrong);
  }
});

test('a protected file or folder is refused', {
  skip: process.getuid?.() === 0 && 'root may write anywhere',
}, async (t) => {
  const path = await folder(t);
  await writeFile(join(path, 'report.json'), '');
  await chmod(join(path, 'report.json'), 0o444);
  await assert.rejects(openOutput(join(path, 'report.json'), '--report'), refused);
  await chmod(path, 0o555);
  try {
    await assert.rejects(openOutput(join(path, 'other.json'), '--report'), refused);
  } finally {
    await chmod(path, 0o755);
  }
});

test('a folder that goes while the run is under way is said when the report is written', async (t) => {
  const path = await folder(t);
  const file = await openOutput(join(path, 'report.json'), '--report');
  await rm(path, { recursive: true });
  await assert.rejects(file.write(report), refused);
});

test('a report and a page of one file are refused', () => {
  const both = { report: 'out/../even', html: './even' };
  assert.throws(() => parseOutput(both), { code: 'EK_USAGE', location: { field: '--html' } });
  assert.equal(parseOutput({ report: 'even.json', html: 'even.html' }).html, 'even.html');
});
