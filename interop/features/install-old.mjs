// Installs old versions of the clients into build/interop/*-old, for the page docs/clients-matrix.md alone: the oldest that our
// programs can be built with. A part that is there is left alone; one whose package manager fails is named, and ends this with 1.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { run } from '../../scripts/run.mjs';
import { installNodeClient } from '../install-node-client.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const built = join(root, 'build', 'interop');

const parts = {
  go: {
    what: 'grpc-go 1.63.2 (go build)',
    makes: 'go-old/client',
    install: () =>
      run(
        'go',
        [
          'build',
          '-C',
          join(root, 'interop/go'),
          '-modfile=old.mod',
          '-buildvcs=false',
          '-o',
          join(built, 'go-old/client'),
          '.',
        ],
        root,
      ),
  },
  java: {
    what: 'grpc-java 1.50.3 (mvn package)',
    makes: 'java-old/lib',
    install: () =>
      run(
        'mvn',
        [
          ...['-B', '-q', '-Dstyle.color=never', '-Dgrpc.version=1.50.3', '-Doutput=java-old'],
          ...['-f', join(root, 'interop/java/pom.xml'), 'package'],
        ],
        root,
      ),
  },
  python: {
    what: 'Python grpcio 1.55.3 (pip install)',
    makes: 'python-old/grpc',
    install: () => {
      const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
      const packages = ['grpcio==1.55.3', 'grpcio-csds==1.55.3', 'protobuf==4.25.8', 'setuptools==80.9.0'];
      return run(
        'python3',
        ['-m', 'pip', 'install', ...quiet, '--target', join(built, 'python-old'), ...packages],
        root,
      );
    },
  },
  node: {
    what: 'grpc-js-xds 1.10.1 (npm install)',
    makes: 'node-old/node_modules',
    install: () => installNodeClient(join(built, 'node-old'), '1.10.11'),
  },
};

const usage = `Usage: node interop/features/install-old.mjs [PART …]
Installs old versions of the clients into build/interop, for docs/clients-matrix.md:
${Object.entries(parts)
  .map(([name, { what }]) => `  ${name.padEnd(7)} ${what}`)
  .join('\n')}
Example:
  node interop/features/install-old.mjs go python`;

const { positionals } = readArguments(usage, {}, true);
const unknown = positionals.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) wrongArguments(`unknown: ${unknown.join(', ')}`, usage);
mkdirSync(built, { recursive: true });
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const { what, makes, install } = parts[name];
  if (existsSync(join(built, makes))) continue;
  console.error(`${name}: ${what} …`);
  try {
    await install();
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
