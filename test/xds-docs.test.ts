import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { parse } from 'yaml';
import { translateService } from '../src/translate/translate-service.ts';

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs', 'xds.md'), 'utf8');

/** Golden resources by who is sent them; a builder can be used by whoever has the library. */
const goldens = {
  gRPC: 'src/translate/testdata/out/*.{listeners,routes,clusters,endpoints}.yaml',
  Envoy: 'src/translate/testdata/gateways/out/*.{listeners,routes,clusters}.yaml',
  library: 'packages/xds/src/builders/testdata/*.yaml',
} as const;

const messages: Readonly<Record<string, string>> = {
  listener: 'Listener',
  route: 'RouteConfiguration',
  cluster: 'Cluster',
  assignment: 'ClusterLoadAssignment',
  endpoint: 'ClusterLoadAssignment',
};

/** Fields of a resource as protobuf calls them; a packed message begins a path of its own. */
function fieldsOf(value: unknown, path: string, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) fieldsOf(item, path, found);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    found.add(path);
    return;
  }
  const type = (value as Record<string, unknown>)['@type'];
  const here = typeof type === 'string' ? type.split('.').at(-1)! : path;
  if (here !== path) found.add(path);
  const fields = Object.entries(value).filter(([name]) => name !== '@type');
  if (fields.length === 0) found.add(here);
  for (const [name, field] of fields) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    // The key of a map, and a route configuration within a listener.
    if (here.endsWith('.typed_extension_protocol_options')) fieldsOf(field, here, found);
    else if (snake === 'route_config') fieldsOf(field, 'RouteConfiguration', found);
    else fieldsOf(field, `${here}.${snake}`, found);
  }
}

function messageOf(file: string): string {
  return Object.entries(messages).find(([word]) => file.split('/').at(-1)!.includes(word))![1];
}

/** What the translator's goldens wrap around a resource is no field of it. */
function resourcesIn(document: unknown): unknown[] {
  if (Array.isArray(document)) return document.flatMap(resourcesIn);
  const { resource, everyNode, nodesOfTheNamespace = [], clientsOnKubeNode = [] } = document as Record<string, unknown>;
  if (resource !== undefined) return [resource];
  if (everyNode === undefined) return [document];
  const listeners = (nodesOfTheNamespace as { readonly listeners: unknown }[]).map((own) => own.listeners);
  const endpoints = (clientsOnKubeNode as { readonly endpoints: unknown }[]).map((own) => own.endpoints);
  return [everyNode, ...listeners, ...endpoints].flatMap(resourcesIn);
}

function fieldsIn(pattern: string): Set<string> {
  const found = new Set<string>();
  for (const file of globSync(pattern, { cwd: root })) {
    const document: unknown = parse(readFileSync(join(root, file), 'utf8'));
    for (const resource of resourcesIn(document)) fieldsOf(resource, messageOf(file), found);
  }
  return found;
}

/** The endpoints of a Service that has a place of its own, which no endpoint file can give it. */
function assignmentFields(): Set<string> {
  const locality = { region: 'r', zone: 'z', subZone: '' };
  const conditions = { ready: true, serving: true, terminating: false };
  const endpoints = [{ address: '127.0.0.2', port: 80, conditions, locality }];
  const ports = [{ name: 'grpc', port: 80, endpoints }];
  const { assignments } = translateService({ namespace: 'shop', name: 'orders', ports, policy: {}, locality });
  const found = fieldsIn('src/translate/testdata/out/*.endpoints.yaml');
  for (const { bytes } of assignments.values()) {
    const json = toJson(ClusterLoadAssignmentSchema, fromBinary(ClusterLoadAssignmentSchema, bytes));
    fieldsOf(json, 'ClusterLoadAssignment', found);
  }
  return found;
}

// Envoys get the very assignments that gRPC clients get.
const sent: Readonly<Record<string, ReadonlySet<string>>> = {
  gRPC: fieldsIn(goldens.gRPC).union(assignmentFields()),
  Envoy: fieldsIn(goldens.Envoy).union(assignmentFields()),
  library: fieldsIn(goldens.library),
};

/** By whom a field is got; what both builders and translator make is got by those that the translator makes it for. */
function expectedRows(): string[] {
  const all = new Set(Object.values(sent).flatMap((fields) => [...fields]));
  return [...all]
    .map((field) => {
      const who = ['gRPC', 'Envoy'].filter((one) => sent[one]!.has(field));
      return `${field}: ${who.length === 0 ? 'library' : who.join(', ')}`;
    })
    .sort();
}

test('docs/xds.md has a row for every field that is sent, with who gets it, and for nothing else', () => {
  const rows = [...page.matchAll(/^\| `([A-Z]\w+(?:\.[a-z_0-9.]+)?)` \| ([^|]+) \|/gm)];
  assert.deepEqual(rows.map(([, field, who]) => `${field}: ${who!.trim()}`).sort(), expectedRows());
});

test('every gRFC is in docs/xds.md once, in order, with a word about every client', () => {
  const rows = [
    ...page.matchAll(/^\| \[A(\d+)\]\(https:\/\/github\.com\/grpc\/proposal\/blob\/master\/A\1-[^)]+\) (.*)\|$/gm),
  ];
  const numbers = rows.map(([, number]) => Number(number));
  assert.ok(numbers.length >= 45);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].toSorted((a, b) => a - b),
  );
  for (const [row, , cells] of rows) assert.equal(cells!.split('|').length, 7, row);
});
