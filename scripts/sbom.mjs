// Writes what evenkeel consists of as a CycloneDX list: every package that is installed with it or compiled into its page, with
// version, licence and hash, out of package-lock.json.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';
import { bundled } from './bundled.mjs';

const { positionals } = readArguments(
  `Usage: npm run sbom -- [FILE]
Writes what evenkeel consists of as a CycloneDX list (default
build/evenkeel.cdx.json).
Example:
  npm run sbom -- /tmp/evenkeel.cdx.json`,
  {},
  true,
);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { name, version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const file = resolve(positionals[0] ?? join(root, 'build', 'evenkeel.cdx.json'));

function npmSbom(...more) {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--loglevel', 'error', ...more];
  const { status, stdout, stderr, error } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status === 0) return JSON.parse(stdout);
  console.error(`npm sbom failed (npm 10 or newer has it): ${error?.message ?? stderr}`);
  process.exit(3);
}

const bom = npmSbom('--omit', 'dev');
// To npm what the page is compiled from is for development.
const all = npmSbom();
const ours = bom.dependencies.find(({ ref }) => ref === bom.metadata.component['bom-ref']);
for (const { properties: _, ...component } of all.components.filter((one) => bundled.includes(one.name))) {
  const ref = component['bom-ref'];
  bom.components.push(component);
  bom.dependencies.push(all.dependencies.find((one) => one.ref === ref));
  ours.dependsOn.push(ref);
}
// npm names the project, and a package of it, by its folder.
Object.assign(bom.metadata.component, { name, version, type: 'application' });
for (const component of bom.components) component.name = component['bom-ref'].replace(/@[^@]*$/, '');
// What is made here has no hash, and a package of it that evenkeel does not depend on is a program of its own.
const apart = bom.components.filter((one) => one.hashes === undefined && !(one.name in dependencies));
const refs = new Set(apart.map((one) => one['bom-ref']));
bom.components = bom.components.filter((one) => !refs.has(one['bom-ref']));
bom.dependencies = bom.dependencies.filter(({ ref }) => !refs.has(ref));
ours.dependsOn = ours.dependsOn.filter((ref) => !refs.has(ref));
bom.components.sort((one, other) => one['bom-ref'].localeCompare(other['bom-ref']));
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(bom, undefined, 2)}\n`);
console.log(`${bom.components.length} packages in ${file}`);
