// `npm run interop`: prints the matrix of clients × cases; `-- --help` lists the options.
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, wrongArguments } from '../scripts/arguments.mjs';
import { cases } from './cases/index.ts';
import { clientKinds } from './driver/clients.ts';
import { failures } from './driver/failures.ts';
import { runMatrix } from './driver/matrix.ts';
import { toMarkdown } from './driver/print.ts';
import { evenkeelServe } from './driver/serve.ts';

const usage = `Usage: npm run interop -- [--clients ID,…] [--cases ID,…]
  --clients  some of these (default: all):
             ${clientKinds.map(({ id }) => id).join(', ')}
  --cases    some of these (default: all):
${cases.map(({ id }) => `             ${id}\n`).join('')}Clients that are missing are installed first (interop/install.mjs). The matrix
is printed, and written to build/interop/matrix.md and matrix.json.
Example:
  npm run interop -- --clients go,node --cases even,scale`;

/** Those of `all` that were asked for; ends the program over a name that there is not. */
function chosen<T extends { readonly id: string }>(all: readonly T[], ids: string | undefined, option: string): T[] {
  const wanted = ids?.split(',') ?? all.map(({ id }) => id);
  const unknown = wanted.filter((id) => !all.some((one) => one.id === id));
  if (unknown.length > 0) wrongArguments(`${option}: there is no ${unknown.join(', ')}`, usage);
  return all.filter(({ id }) => wanted.includes(id));
}

const { values } = readArguments(usage, { clients: { type: 'string' }, cases: { type: 'string' } });
const kinds = chosen(clientKinds, values.clients, '--clients');
const chosenCases = chosen(cases, values.cases, '--cases');
// Its own words about what is missing; a client that is not there is a cell of the matrix.
spawnSync(process.execPath, [fileURLToPath(new URL('install.mjs', import.meta.url))], { stdio: 'inherit' });
const matrix = await runMatrix({
  kinds,
  cases: chosenCases,
  serve: evenkeelServe,
  onProgress: (line) => console.error(line),
});
const folder = fileURLToPath(new URL('../build/interop', import.meta.url));
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'matrix.json'), `${JSON.stringify(matrix, undefined, 2)}\n`);
await writeFile(join(folder, 'matrix.md'), `${toMarkdown(matrix)}\n`);
console.log(toMarkdown(matrix));
if (failures(matrix, process.env.EVENKEEL_REQUIRE === 'all').length > 0) process.exitCode = 1;
