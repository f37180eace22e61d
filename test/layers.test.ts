import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');
const library = join(root, 'packages', 'xds', 'src');
const suite = join(root, 'packages', 'conformance', 'src');

/** The table of ARCHITECTURE.md, "Layout and dependencies"; `xds` is the package `@evenkeel/xds`. */
const rows = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| `src\/(\w+)` \|.*\| ([^|]+) \|$/gm);
const mayImport: Record<string, readonly string[]> = Object.fromEntries(
  [...rows].map(([, folder, names]) => [folder!, names === 'nothing of ours' ? [] : names!.split(', ')]),
);
/** It alone imports `all`, and nothing imports it. */
const top = 'cli';
assert.deepEqual(mayImport[top], ['all']);
mayImport[top] = [...Object.keys(mayImport).filter((name) => name !== top), 'xds'];

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.startsWith(`gen${sep}`))
    .map((name) => join(folder, name));
}

const files = sourcesIn(source);
const libraryFiles = sourcesIn(library);
const suiteFiles = sourcesIn(suite);

/** What a file imports, as it stands there: types, and what is loaded later, included. */
function specifiersOf(file: string): string[] {
  const statement = /(?:^(?:import|export)\b[^'";]*?\bfrom |^import |\bimport\()'([^']+)'/gm;
  return [...readFileSync(file, 'utf8').matchAll(statement)].map(([, path]) => path!);
}

/** Paths of what a file imports of its own package. */
function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((path) => path.startsWith('.'))
    .map((path) => resolve(dirname(file), path));
}

/** The room of what is imported: a folder of src, or the library; messages of either are `gen`. */
function roomOf(specifier: string, file: string): string | undefined {
  if (specifier.startsWith('@evenkeel/')) return specifier.includes('/gen/') ? 'gen' : specifier.split('/')[1];
  return specifier.startsWith('.') ? relative(source, resolve(dirname(file), specifier)).split(sep)[0] : undefined;
}

test('every folder of src imports only what the architecture allows', () => {
  const violations = files.flatMap((file) => {
    const from = relative(source, file).split(sep)[0]!;
    // A test may start what stands above its own folder.
    if (file.endsWith('.test.ts')) return [];
    return specifiersOf(file)
      .map((specifier) => roomOf(specifier, file))
      .filter((to) => to !== undefined && to !== from && to !== 'gen' && !mayImport[from]?.includes(to))
      .map((to) => `${relative(source, file)} imports ${to}`);
  });
  assert.deepEqual(violations, []);
});

test('the library imports its one dependency, Node and itself', () => {
  const allowed = /^(?:node:|@bufbuild\/protobuf(?:\/|$))/;
  const violations = libraryFiles.flatMap((file) =>
    specifiersOf(file)
      .filter((path) =>
        path.startsWith('.') ? !resolve(dirname(file), path).startsWith(library) : !allowed.test(path),
      )
      // Tests may use real clients of other makers.
      .filter((path) => !(file.endsWith('.test.ts') && /^(?:@grpc\/|yaml$)/.test(path)))
      .map((path) => `${relative(root, file)} imports ${path}`),
  );
  assert.deepEqual(violations, []);
});

test('the conformance suite has nothing of the server that it checks but messages', () => {
  const allowed = /^(?:node:|@bufbuild\/protobuf(?:\/|$)|@grpc\/grpc-js$|@evenkeel\/xds\/gen\/)/;
  const violations = suiteFiles.flatMap((file) =>
    specifiersOf(file)
      .filter((path) => (path.startsWith('.') ? !resolve(dirname(file), path).startsWith(suite) : !allowed.test(path)))
      // A test may have evenkeel checked.
      .filter((path) => !(file.endsWith('.test.ts') && path === '@evenkeel/xds'))
      .map((path) => `${relative(root, file)} imports ${path}`),
  );
  assert.deepEqual(violations, []);
});

/** How the library alone decides who reconnects, on a clock that is moved: no server exports that. */
const measuresInside = ['bench/fleet/replicas.ts'];

test('the library is used through what it exports', () => {
  const users = ['src', 'bench', 'interop', 'cluster', 'deploy', 'test'].flatMap((name) => sourcesIn(join(root, name)));
  const violations = users.flatMap((file) =>
    importsOf(file)
      .filter((path) => path.startsWith(join(root, 'packages')) && !measuresInside.includes(relative(root, file)))
      .map((path) => `${relative(root, file)} imports ${relative(root, path)}`),
  );
  assert.deepEqual(violations, []);
});

/** Everything that a file needs at run time, itself included. */
function closureOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type\b)[^;]*?from '(\.[^']+)'/gm)) {
    closureOf(resolve(dirname(file), path!), seen);
  }
  return seen;
}

test('the state machines of xds know no socket', () => {
  const machines = [
    'stream/discovery-stream.ts',
    'stream/sotw.ts',
    'stream/delta.ts',
    'stream/response-encoder.ts',
    'cache/snapshot-cache.ts',
    'server/subscriber-index.ts',
    'server/fan-out.ts',
  ];
  const needed = new Set(machines.flatMap((name) => [...closureOf(join(library, name))]));
  assert.ok(needed.has(join(library, 'stream', 'subscription.ts')), 'what they need is found');
  const withSockets = [...needed].filter((file) => /'node:(?:http2?|https|net|tls)'/.test(readFileSync(file, 'utf8')));
  assert.deepEqual(
    withSockets.map((file) => relative(library, file)),
    [],
  );
});

test('nothing of OpenTelemetry is loaded unless traces are asked for', () => {
  const loads = (file: string): boolean => /from '@opentelemetry\//.test(readFileSync(file, 'utf8'));
  const main = ['program', 'workload'].flatMap((name) => [...closureOf(join(source, 'cli', `${name}.ts`))]);
  assert.ok(main.includes(join(source, 'workloads', 'registry.ts')), 'what it needs is found');
  const programs = files.filter(
    (file) => file.includes(`${sep}workloads${sep}`) && !file.includes(`${sep}tracing${sep}`),
  );
  const needed = new Set([
    ...main,
    ...closureOf(join(source, 'controlplane', 'run.ts')),
    ...programs.filter((file) => !file.endsWith('.test.ts')).flatMap((file) => [...closureOf(file)]),
  ]);
  assert.deepEqual(
    [...needed].filter(loads).map((file) => relative(source, file)),
    [],
  );
  assert.ok(loads(join(source, 'base', 'start-tracing.ts')), 'it is loaded there');
});

test('a command is loaded without the others, and what a pod runs with nothing of the probe but its layout', () => {
  const cli = (name: string): Set<string> => closureOf(join(source, 'cli', `${name}.ts`));
  const commands = files.filter((file) => /^export function register/m.test(readFileSync(file, 'utf8')));
  assert.ok(commands.includes(join(source, 'cli', 'workload.ts')), 'commands are found');
  const pod = [...cli('program'), ...cli('workload')].map((file) => relative(source, file));
  assert.deepEqual(
    commands.map((file) => relative(source, file)).filter((file) => pod.includes(file)),
    [join('cli', 'workload.ts')],
  );
  assert.deepEqual(
    pod.filter((file) => file.startsWith(`probe${sep}`)),
    [join('probe', 'print', 'layout.ts')],
  );
});

test('every folder of src is in the table', () => {
  const folders = new Set(files.map((file) => relative(source, file).split(sep)[0]!));
  assert.deepEqual(
    [...folders].filter((folder) => !(folder in mayImport)),
    [],
  );
});

test('every folder in the table is there, and what it may import is used', () => {
  for (const [folder, names] of Object.entries(mayImport)) {
    const own = files.filter((file) => relative(source, file).startsWith(folder + sep) && !file.endsWith('.test.ts'));
    assert.ok(own.length > 0, folder);
    if (folder === top) continue;
    const imported = own.flatMap((file) => specifiersOf(file).map((specifier) => roomOf(specifier, file)));
    for (const name of names) assert.ok(imported.includes(name), `${folder} does not import ${name}`);
  }
});

test('the dependencies between folders have no cycle', () => {
  for (const [folder, targets] of Object.entries(mayImport)) {
    for (const target of targets) assert.ok(!mayImport[target]?.includes(folder), `${folder} and ${target}`);
  }
});

/** Files of which each imports the next and the last one the first, types included; one circle of each knot. */
function circlesAmong(all: readonly string[]): string[][] {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[][] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...way.slice(way.indexOf(file)), file]);
      return;
    }
    state.set(file, 'open');
    for (const next of importsOf(file)) visit(next, [...way, file]);
    state.set(file, 'done');
  };
  for (const file of all) visit(file, []);
  return circles;
}

test('no import runs in a circle, types included', () => {
  const all = [...files, ...libraryFiles, ...suiteFiles].filter((file) => !file.endsWith('.test.ts'));
  assert.deepEqual(
    circlesAmong(all).map((circle) => circle.map((file) => relative(root, file)).join(' > ')),
    [],
  );
});
