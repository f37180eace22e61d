import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { printTop } from '../src/live/print-top.ts';
import type { LoadView } from '../src/load/load-view.ts';
import { painter } from '../src/probe/print/layout.ts';
import { schemeIds, schemes } from '../src/probe/schemes/schemes.ts';
import { evenkeel } from './support/evenkeel.ts';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text]) => text!);

test('every npm script that the README names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = blocks('sh')
    .join('\n')
    .matchAll(/^npm (?:run (?:-s )?)?([a-z:]+)/gm);
  for (const [line, name] of named) assert.ok(name! in scripts, line);
});

test('every file that the README links to exists', () => {
  for (const [link, path] of readme.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g))
    assert.ok(existsSync(join(root, path!)), link);
});

test('the README has every scheme, in the words of its entry, and what top prints of a recorded run', (t) => {
  const lines = schemeIds.map((id) => `| \`${id}\` | ${schemes[id].title} |`);
  const table = ['| scheme | what the client does |', '| --- | --- |', ...lines].join('\n');
  const { load } = JSON.parse(readFileSync(join(root, 'docs', 'page.json'), 'utf8')) as { load: LoadView };
  const top = ['```text', '$ evenkeel top --once --service shop/orders', printTop(load, painter(false)), '```'].join(
    '\n',
  );
  const filled = readme
    .replace(/(<!-- schemes: .*? -->\n)[\s\S]*?(?=<!-- \/schemes -->)/, (_, mark) => `${mark}${table}\n`)
    .replace(/(<!-- top: .*? -->\n)[\s\S]*?(?=<!-- \/top -->)/, (_, mark) => `${mark}${top}\n`);
  t.assert.fileSnapshot(filled, join(root, 'README.md'), { serializers: [String] });
});

test('the configuration in the README is one that serve takes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-readme-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'evenkeel.yaml');
  writeFileSync(file, blocks('yaml')[0]!);
  const { code, stderr } = await evenkeel(['serve', '--config', file, '--check']);
  assert.equal(code, 0, stderr);
});

test('the flags of lab in the README are flags of lab', async () => {
  const { stdout } = await evenkeel(['lab', '--help']);
  for (const [, flags] of readme.matchAll(/^npm start -- (.*)$/gm)) {
    for (const [flag] of flags!.matchAll(/--[a-z-]+/g)) assert.ok(stdout.includes(flag), flag);
  }
});
