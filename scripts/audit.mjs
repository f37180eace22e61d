// Asks the registry for known vulnerabilities of what is installed with evenkeel; any from "moderate" on is a failure. A
// registry that cannot be asked is said to be one, and is a failure only with EVENKEEL_REQUIRE_AUDIT=1.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';

readArguments(`Usage: npm run audit
Asks the registry for known vulnerabilities of what is installed with evenkeel.
Exit code 1 if there is one of moderate severity or more.
  EVENKEEL_REQUIRE_AUDIT=1  a registry that cannot be asked is a failure too
Example:
  EVENKEEL_REQUIRE_AUDIT=1 npm run audit`);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { stdout } = spawnSync('npm', ['audit', '--omit', 'dev', '--json', '--loglevel', 'silent'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
});

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { message: 'npm audit gave no report' };
  }
}

const report = parsed(stdout ?? '');
if (report.auditReportVersion === undefined) {
  console.error(
    `audit skipped, the registry cannot be asked: ${report.message ?? report.error?.summary ?? 'no reason'}`,
  );
  process.exit(process.env.EVENKEEL_REQUIRE_AUDIT === '1' ? 1 : 0);
}
const found = Object.values(report.vulnerabilities).filter(({ severity }) => severity !== 'info' && severity !== 'low');
for (const { name, severity, range, via } of found) {
  const titles = via.map((one) => (typeof one === 'string' ? one : `${one.title} ${one.url}`));
  console.error(`${severity}: ${name} ${range}: ${titles.join('; ')}`);
}
console.log(`${found.length} known vulnerabilities of moderate severity or above`);
process.exitCode = found.length === 0 ? 0 : 1;
