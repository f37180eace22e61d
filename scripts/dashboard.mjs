// Bundles the page of the control plane, src/dashboard, into three files that need nothing else.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { readArguments } from './arguments.mjs';
import { bundled } from './bundled.mjs';

const { positionals } = readArguments(
  `Usage: node scripts/dashboard.mjs [FOLDER]
Bundles the page of the control plane into a folder (default
src/dashboard/page, where evenkeel run from its sources finds it).
Example:
  node scripts/dashboard.mjs dist/dashboard/page`,
  {},
  true,
);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src', 'dashboard');
const folder = resolve(positionals[0] ?? join(source, 'page'));

const { outputFiles } = await build({
  entryPoints: [join(source, 'main.tsx')],
  bundle: true,
  minify: true,
  write: false,
  outdir: folder,
  entryNames: 'app',
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
});
mkdirSync(folder, { recursive: true });
for (const { path, contents } of outputFiles) writeFileSync(path, contents);
cpSync(join(source, 'index.html'), join(folder, 'index.html'));
// Their licences want to be in every copy.
const licences = bundled.map((name) => {
  const text = readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim();
  return `${name}\n${'='.repeat(name.length)}\n${text}\n`;
});
writeFileSync(join(folder, 'LICENSES.txt'), licences.join('\n'));
