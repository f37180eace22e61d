// `npm run suites`: xDS tests of other makers, run against evenkeel. README.md says how and what came of it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { withMarked } from '../marked-text.ts';
import { namedBy } from '../named-by.ts';
import { startControl } from './control.ts';
import { functionOf } from './go-test-events.ts';
import { findGrpcGo, folderOf, goTest, packagesOf } from './grpc-go/suite.ts';
import { type Differences, exitCodeOf, formatResult, merged, type SuiteResult, type TestResult } from './result.ts';

const root = resolve(import.meta.dirname, '..', '..');
const build = join(root, 'build', 'suites', 'grpc-go');
const usage = `Usage: npm run suites -- [options]
Runs grpc-go's own end-to-end tests of xDS with evenkeel as their management
server. Its sources come from the Go module proxy; needs Go.
  --packages A,B  only packages with one of these in their path; a whole path
                  is that package alone
  --run PATTERN   only test functions that go test -run would take
  --out FILE      where the result goes, as JSON
                  (default build/suites/grpc-go.json)
  --update        puts the result into grpc-go/latest.json and README.md, where
                  packages that were not run stay as they are
  --json          prints the result as JSON, and nothing else on stdout
Exit code: 0 nothing failed but on purpose, 1 something failed, 2 bad input,
3 the tests could not be run, or a package not to its end.
Examples:
  npm run suites
  npm run suites -- --packages xdsclient/tests --update
  npm run suites -- --packages test/xds --run 'Test/ClientSideXDS'`;

const { values } = readArguments(usage, {
  packages: { type: 'string' },
  run: { type: 'string' },
  out: { type: 'string', default: join(root, 'build', 'suites', 'grpc-go.json') },
  update: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
});
if (values.update && values.run !== undefined) {
  wrongArguments('--update: takes whole packages, and --run leaves functions out', usage);
}
const progress = (line: string): void => console.error(line);

async function main(): Promise<number> {
  const grpcGo = findGrpcGo(build);
  const packages = namedBy(values.packages, packagesOf(grpcGo));
  if (packages.length === 0) wrongArguments(`--packages: no package has ${values.packages} in its path`, usage);
  const differences: Differences = JSON.parse(readFileSync(join(import.meta.dirname, 'differences.json'), 'utf8'));
  const served = new Set<string>();
  const control = await startControl(({ test, folder }) => {
    served.add(`${relative(grpcGo.folder, folder)} ${functionOf(test)?.name}`);
  });
  const tests: TestResult[] = [];
  const logs: string[] = [];
  let broken: string[] = [];
  try {
    progress(`grpc-go ${grpcGo.version}: ${packages.length} packages; the first takes minutes to build`);
    const events = await goTest(grpcGo, { packages, pattern: values.run, control: control.address, progress });
    for (const [name, output] of events.brokenPackages) logs.push(`== ${name}\n${output.join('')}`);
    for (const { package: name, name: test, pattern, outcome, output } of events.functions.values()) {
      const folder = folderOf(name);
      const key = `${folder} ${test}`;
      if (!served.has(key)) continue;
      if (outcome === 'passed' || outcome === 'skipped') {
        tests.push({ package: folder, test, outcome });
        continue;
      }
      logs.push(`== ${key}: ${outcome}\n${output.join('')}`);
      const alone = async (address: string | undefined): Promise<boolean> => {
        const again = await goTest(grpcGo, { packages: [folder], pattern, control: address, progress: () => {} });
        return again.functions.get(`${name} ${test}`)?.outcome === 'passed';
      };
      progress(`${key} ${outcome}; once more, alone`);
      if (await alone(control.address)) tests.push({ package: folder, test, outcome: 'passed', repeated: true });
      else if (differences[key] !== undefined) {
        tests.push({ package: folder, test, outcome: 'on-purpose', why: differences[key] });
      } else if (await alone(undefined)) tests.push({ package: folder, test, outcome: 'failed' });
      else tests.push({ package: folder, test, outcome: 'fails-with-theirs' });
    }
    broken = [...events.brokenPackages.keys()];
    if (broken.length > 0) progress(`not run to their end: ${broken.join(', ')}`);
  } finally {
    await control.stop();
  }
  const { version, go } = grpcGo;
  const result: SuiteResult = {
    schemaVersion: 1,
    ...{ suite: 'grpc-go', version, go, node: process.version, at: new Date().toISOString(), tests },
  };
  mkdirSync(resolve(values.out, '..'), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(join(build, 'failures.log'), logs.join('\n'));
  if (values.update && broken.length === 0) update(result, packages);
  if (values.json) console.log(JSON.stringify(result));
  else
    console.log(`${formatResult(result)}\nwritten: ${values.out}; what failed printed: ${join(build, 'failures.log')}`);
  return exitCodeOf(result) || (broken.length > 0 ? 3 : 0);
}

/** Shows a result in what is committed. */
function update(result: SuiteResult, packages: readonly string[]): void {
  const file = join(import.meta.dirname, 'grpc-go', 'latest.json');
  const page = join(import.meta.dirname, 'README.md');
  const whole = merged(JSON.parse(readFileSync(file, 'utf8')) as SuiteResult, result, packages);
  writeFileSync(file, `${JSON.stringify(whole, undefined, 2)}\n`);
  writeFileSync(page, withMarked(readFileSync(page, 'utf8'), 'result', formatResult(whole)));
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`suites: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 3;
}
