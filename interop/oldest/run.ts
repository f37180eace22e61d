// `npm run oldest-clients`: the oldest clients that get each endpoint as a locality, by what they and the backends counted.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../../scripts/arguments.mjs';
import { oldestKinds } from '../driver/clients.ts';
import { measureReports } from '../driver/measure-reports.ts';
import { exitCodeOf, type OldestResult, resultOf, withTable } from './result.ts';

const usage = `Usage: npm run oldest-clients -- [--write]
Lets the oldest clients that get each endpoint as a locality call three
Services with pods in three zones, and says whether their calls were exactly
even, and their reports what they and the backends counted. Exit code: 0 so it
is, 1 it is not, 3 a client is not installed: a line says how to install it.
  --write  puts the result into interop/oldest/latest.json and docs/load.md
Example:
  npm run oldest-clients`;

const { values } = readArguments(usage, { write: { type: 'boolean', default: false } });
for (const { id, missing } of oldestKinds) {
  const why = await missing();
  if (why === undefined) continue;
  console.error(`${id}: ${why}`);
  process.exit(3);
}
const result: OldestResult = resultOf(await measureReports(oldestKinds), new Date());
console.log(JSON.stringify(result, undefined, 2));
if (values.write) {
  const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  writeFileSync(at('latest.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  const page = at('../../docs/load.md');
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), result));
}
process.exitCode = exitCodeOf(result);
