import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';

const source = resolve(import.meta.dirname, '..', 'src');

/** The table of ARCHITECTURE.md, "Layout and dependencies". */
const mayImport: Record<string, readonly string[]> = {
  base: [],
  http2: [],
  model: ['base'],
  verdict: ['base'],
  bootstrap: ['base'],
  xds: ['base', 'http2'],
  discovery: ['base', 'model'],
  health: ['base', 'model'],
  load: ['base', 'model', 'verdict', 'xds'],
  translate: ['base', 'model', 'xds'],
  controlplane: ['base', 'model', 'xds', 'discovery', 'health', 'load', 'translate'],
  workloads: ['base'],
  probe: ['base', 'http2', 'model', 'verdict', 'discovery'],
  lab: ['base'],
  environments: ['base', 'verdict', 'bootstrap', 'discovery', 'workloads', 'probe', 'lab'],
  experiments: ['base', 'verdict', 'bootstrap', 'probe', 'lab', 'environments'],
  cli: [
    ...[
      'base',
      'model',
      'verdict',
      'bootstrap',
      'xds',
      'discovery',
      'health',
      'load',
      'translate',
      'controlplane',
      'workloads',
    ],
    ...['probe', 'lab', 'environments', 'experiments'],
  ],
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith(`gen${sep}`))
  .map((name) => join(source, name));

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(source, resolve(dirname(file), path!)),
  );
}

test('every folder of src imports only what the architecture allows', () => {
  const violations = files.flatMap((file) => {
    const from = relative(source, file).split(sep)[0]!;
    // A test may start what stands above its own folder.
    if (file.endsWith('.test.ts')) return [];
    return importsOf(file)
      .map((path) => path.split(sep)[0]!)
      .filter((to) => to !== from && to !== 'gen' && !mayImport[from]?.includes(to))
      .map((to) => `${relative(source, file)} imports ${to}`);
  });
  assert.deepEqual(violations, []);
});

test('the library evenkeel/xds is used through what it exports', () => {
  const library = join('xds', 'index.ts');
  const violations = files.flatMap((file) =>
    importsOf(file)
      .filter((path) => path.split(sep)[0] === 'xds' && path !== library)
      .filter(() => relative(source, file).split(sep)[0] !== 'xds')
      .map((path) => `${relative(source, file)} imports ${path}`),
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
    'discovery-stream.ts',
    'sotw.ts',
    'delta.ts',
    'snapshot-cache.ts',
    'response-encoder.ts',
    'subscriber-index.ts',
    'fan-out.ts',
  ];
  const needed = new Set(machines.flatMap((name) => [...closureOf(join(source, 'xds', name))]));
  assert.ok(needed.has(join(source, 'xds', 'subscription.ts')), 'what they need is found');
  const withSockets = [...needed].filter((file) => /'node:(?:http2?|https|net|tls)'/.test(readFileSync(file, 'utf8')));
  assert.deepEqual(
    withSockets.map((file) => relative(source, file)),
    [],
  );
});

test('nothing of OpenTelemetry is loaded unless traces are asked for', () => {
  const loads = (file: string): boolean => /from '@opentelemetry\//.test(readFileSync(file, 'utf8'));
  const main = [...closureOf(join(source, 'cli', 'commands.ts'))];
  assert.ok(main.includes(join(source, 'cli', 'workload.ts')), 'what it needs is found');
  const programs = files.filter(
    (file) => file.includes(`${sep}workloads${sep}`) && !file.includes(`${sep}tracing${sep}`),
  );
  const needed = new Set([
    ...main,
    ...programs.filter((file) => !file.endsWith('.test.ts')).flatMap((file) => [...closureOf(file)]),
  ]);
  assert.deepEqual(
    [...needed].filter(loads).map((file) => relative(source, file)),
    [],
  );
  assert.ok(loads(join(source, 'workloads', 'tracing', 'start-traces.ts')), 'it is loaded there');
});

test('every folder of src is in the table', () => {
  const folders = new Set(files.map((file) => relative(source, file).split(sep)[0]!));
  assert.deepEqual(
    [...folders].filter((folder) => !(folder in mayImport)),
    [],
  );
});

test('ARCHITECTURE.md has the same folders', () => {
  const text = readFileSync(resolve(source, '..', 'ARCHITECTURE.md'), 'utf8');
  const named = [...text.matchAll(/^\| `src\/([a-z0-9]+)` \|/gm)].map(([, name]) => name!);
  assert.deepEqual(named.sort(), Object.keys(mayImport).sort());
});

test('the dependencies between folders have no cycle', () => {
  for (const [folder, targets] of Object.entries(mayImport)) {
    for (const target of targets) assert.ok(!mayImport[target]?.includes(folder), `${folder} and ${target}`);
  }
});
