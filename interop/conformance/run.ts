// `npm run conformance`: @evenkeel/conformance against evenkeel and servers of other makers. packages/conformance/README.md says what came of it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { withMarked } from '../marked-text.ts';
import { namedBy } from '../named-by.ts';
import {
  type ConformanceResult,
  failuresOf,
  formatResult,
  formatSummary,
  type Reason,
  resultOf,
  type ServerResult,
} from './result.ts';
import { isThere, runSuite, servers } from './servers.ts';

const root = resolve(import.meta.dirname, '..', '..');
const usage = `Usage: npm run conformance -- [options]
Runs the conformance suite against evenkeel and servers of other makers, and
prints the result as Markdown. What is not built is skipped with a line that
says so: node interop/install.mjs go-control-plane java-control-plane
  --servers A,B  only servers with one of these in their id; a whole id is
                 that server alone:
${servers.map(({ id }) => `                   ${id}`).join('\n')}
  --patience MS  within which what has to come must come (default 20000)
  --out FILE     where the result goes, as JSON
                 (default build/conformance.json)
  --update       puts the result into interop/conformance/latest.json and into
                 the pages that show it
  --json         prints the result as JSON, and nothing else on stdout
Exit code: 0 evenkeel held all, 1 it did not, 2 bad input, 3 the run broke.
Examples:
  npm run conformance
  npm run conformance -- --servers evenkeel,linear`;

const { values } = readArguments(usage, {
  servers: { type: 'string' },
  patience: { type: 'number', default: 20_000 },
  out: { type: 'string', default: join(root, 'build', 'conformance.json') },
  update: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
});
if (values.update && values.servers !== undefined) {
  wrongArguments('--update: takes all servers, and --servers leaves some out', usage);
}

async function main(): Promise<number> {
  const names = namedBy(
    values.servers,
    servers.map(({ id }) => id),
  );
  const wanted = servers.filter(({ id }) => names.includes(id));
  if (wanted.length === 0) wrongArguments(`--servers: none has ${values.servers} in its id`, usage);
  const results: ServerResult[] = [];
  for (const server of wanted) {
    if (isThere(server)) results.push(resultOf(server, await runSuite(server, values.patience)));
    else console.error(`conformance ${server.id}: skipped, ${server.needs} is not there: node interop/install.mjs`);
  }
  const about = { schemaVersion: 1, at: new Date().toISOString(), node: process.version } as const;
  const result: ConformanceResult = { ...about, servers: results };
  const text = `${JSON.stringify(result, undefined, 2)}\n`;
  mkdirSync(resolve(values.out, '..'), { recursive: true });
  writeFileSync(values.out, text);
  const reasons = JSON.parse(readFileSync(join(import.meta.dirname, 'reasons.json'), 'utf8')) as Reason[];
  if (values.update) {
    if (results.length < servers.length) throw new Error('--update needs every server');
    writeFileSync(join(import.meta.dirname, 'latest.json'), text);
    show(join(root, 'packages', 'conformance', 'README.md'), formatResult(result, reasons));
    show(join(root, 'docs', 'xds.md'), formatSummary(result));
  }
  console.log(values.json ? JSON.stringify(result) : formatResult(result, reasons));
  return failuresOf(result).some((failure) => failure.startsWith('evenkeel ')) ? 1 : 0;
}

function show(page: string, text: string): void {
  writeFileSync(page, withMarked(readFileSync(page, 'utf8'), 'result', text));
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`conformance: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 3;
}
