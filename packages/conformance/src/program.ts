import { startDriver } from './driver.ts';
import { readOptions, usage } from './options.ts';
import { BadInput, messageOf, RunBroke } from './outcome.ts';
import { formatReport, reportOf } from './report.ts';
import { checks, runChecks } from './suite.ts';

/** A driver may have to start a server first, and a server may be slow to take a change. */
const driverMs = 60_000;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const { isJson, only } = options;
  if (options.isHelp) {
    console.log(usage);
    return 0;
  }
  const some = checks.filter(
    ({ id, level }) => (only?.some((word) => id.includes(word)) ?? true) && (level === 'MUST' || !options.isMust),
  );
  if (some.length === 0)
    throw new BadInput(`invalid --only "${only?.join()}": no check has that in its id; see --list`);
  if (options.isList) {
    const rows = some.map(({ id, level, title }) => ({ id, level, title }));
    console.log(isJson ? JSON.stringify(rows) : rows.map((one) => `${one.id}  ${one.level}  ${one.title}`).join('\n'));
    return 0;
  }
  const driver = await startDriver(options.driver, driverMs, driverMs);
  try {
    const address = options.server ?? driver.server;
    if (address === undefined) throw new BadInput('--server is needed: the driver did not say that it started one');
    const report = reportOf(driver.name, address, await runChecks(driver, address, some, options));
    console.log(isJson ? JSON.stringify(report) : formatReport(report));
    return report.failed > 0 ? 1 : 0;
  } finally {
    await driver.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const isInput = error instanceof BadInput;
  console.error(isInput ? `${messageOf(error)}\n${usage}` : `the run broke: ${messageOf(error)}`);
  if (!isInput && !(error instanceof RunBroke)) console.error('this is a fault of the suite; please report it');
  process.exitCode = isInput ? 2 : 3;
}
