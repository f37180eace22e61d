// Measures how long `evenkeel explain` takes, as a command, for ten faults and the clients of five makers; docs/explain.md has the table.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../scripts/arguments.mjs';
import { type PlantedCell, plantBeforeClients } from './driver/planted-faults.ts';
import { withMarked } from './marked-text.ts';

const usage = `Usage: node interop/explain-times.ts [options]
  --write           write the table into docs/explain.md
Example:
  npm run explain-times -- --write`;
const { values } = readArguments(usage, { write: { type: 'boolean', default: false } });

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const page = fileURLToPath(new URL('../docs/explain.md', import.meta.url));

/** From the start of the process to its end; the exit code is 1, as there is a fault. */
function run({ question: { target, from, admins } }: PlantedCell): Promise<{ line: string; ms: number }> {
  const args = ['explain', target, '--from', from, ...admins.flatMap((admin) => ['--admin', admin])];
  const began = performance.now();
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      const [line = ''] = stdout.split('\n');
      if (error?.code !== 1) reject(new Error(`${args.join(' ')}: exit code ${error?.code ?? 0}\n${stderr}`));
      else resolve({ line, ms: performance.now() - began });
    });
  });
}

test('how long evenkeel explain takes', async (t) => {
  const { cells, clients } = await plantBeforeClients(t);
  const [load] = loadavg();
  const rows = [
    ['fault', ...clients.map(({ id }) => id)],
    ['---', ...clients.map(() => '---')],
  ];
  let named = 0;
  for (const [fault, asked] of Map.groupBy(cells, (cell) => cell.fault)) {
    const row = [fault];
    for (const cell of asked) {
      const { line, ms } = await run(cell);
      if (cell.says.test(line)) named += 1;
      else console.error(`${fault}, ${cell.client}: ${line}`);
      row.push(`${(ms / 1_000).toFixed(2)} s`);
    }
    rows.push(row);
  }
  const text = [
    `${named} of ${cells.length} causes in the first line; ${cpus().length} cores, load average ${load!.toFixed(1)}, Node ${process.version}:`,
    '',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
  console.log(text);
  if (values.write) writeFileSync(page, withMarked(readFileSync(page, 'utf8'), 'explain-times', text));
});
