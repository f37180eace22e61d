// `npm run interop`: prints the matrix of clients × cases; `-- --help` lists the options.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cases } from './cases/index.ts';
import { clientKinds } from './driver/clients.ts';
import { failures } from './driver/failures.ts';
import { runMatrix } from './driver/matrix.ts';
import { toMarkdown } from './driver/print.ts';
import { evenkeelServe } from './driver/serve.ts';

const usage = `Usage: npm run interop -- [--clients ID,…] [--cases ID,…]
  --clients  which of ${clientKinds.map(({ id }) => id).join(', ')} (default: all)
  --cases    which of ${cases.map(({ id }) => id).join(', ')} (default: all)
The matrix is printed and written to build/interop/matrix.md and matrix.json.`;

/** Those of `all` that were asked for; ends the program over a name that there is not. */
function chosen<T extends { readonly id: string }>(all: readonly T[], ids: string | undefined, option: string): T[] {
  const wanted = ids?.split(',') ?? all.map(({ id }) => id);
  const unknown = wanted.filter((id) => !all.some((one) => one.id === id));
  if (unknown.length > 0) exitWithUsage(`${option}: there is no ${unknown.join(', ')}`);
  return all.filter(({ id }) => wanted.includes(id));
}

function exitWithUsage(problem: string): never {
  console.error(`${problem}\n${usage}`);
  process.exit(2);
}

function options(): { clients?: string; cases?: string; help?: boolean } {
  try {
    const string = { type: 'string' } as const;
    return parseArgs({ options: { clients: string, cases: string, help: { type: 'boolean' } } }).values;
  } catch (error) {
    return exitWithUsage((error as Error).message);
  }
}

const { clients, cases: caseIds, help } = options();
if (help) {
  console.log(usage);
  process.exit(0);
}
const matrix = await runMatrix({
  kinds: chosen(clientKinds, clients, '--clients'),
  cases: chosen(cases, caseIds, '--cases'),
  serve: evenkeelServe,
  onProgress: (line) => console.error(line),
});
const folder = fileURLToPath(new URL('../build/interop', import.meta.url));
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'matrix.json'), `${JSON.stringify(matrix, undefined, 2)}\n`);
await writeFile(join(folder, 'matrix.md'), `${toMarkdown(matrix)}\n`);
console.log(toMarkdown(matrix));
if (failures(matrix, process.env.EVENKEEL_REQUIRE === 'all').length > 0) process.exitCode = 1;
