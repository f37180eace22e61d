import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenkeelError } from '../base/errors.ts';
import type { Service } from '../model/service.ts';
import { ModelStore } from './model-store.ts';

function service(name: string, port = 50051): Service {
  return { namespace: 'default', name, ports: [{ port, name: 'grpc', endpoints: [] }], policy: {} };
}

function storeWith(...names: string[]) {
  const told: string[] = [];
  const store = new ModelStore(names, {
    changed: ({ name, ports }, source) => told.push(`${name}:${ports[0]?.port} of ${source}`),
    removed: ({ name }) => told.push(`no ${name}`),
    sourceChanged: ({ name, synced, degraded }) => told.push(`${name} ${synced} ${degraded?.code ?? 'fine'}`),
    conflict: ({ service: key, inForce, ignored }) => told.push(`${key}: ${inForce} before ${ignored}`),
  });
  /** What was told since the last look. */
  const heard = () => told.splice(0);
  return { store, heard, sources: names.map((_, index) => store.observerOf(index)) };
}

test('a Service is in force from its upsert to its remove, and only changes are told', () => {
  const { store, heard, sources } = storeWith('file');
  const [file] = sources;
  file!.upsert(service('be1-srv'));
  file!.upsert(service('be1-srv'));
  assert.deepEqual(heard(), ['be1-srv:50051 of file']);
  file!.upsert(service('be1-srv', 9000));
  assert.deepEqual(heard(), ['be1-srv:9000 of file']);
  file!.remove({ namespace: 'default', name: 'be1-srv' });
  file!.remove({ namespace: 'default', name: 'be1-srv' });
  assert.deepEqual(heard(), ['no be1-srv']);
  assert.deepEqual(store.services, []);
});

test('the store is synced once every source is', () => {
  const { store, heard, sources } = storeWith('file', 'dns');
  assert.equal(store.synced, false);
  sources[1]!.synced();
  assert.equal(store.synced, false);
  sources[0]!.synced();
  assert.equal(store.synced, true);
  assert.deepEqual(heard(), ['dns true fine', 'file true fine']);
});

test('a source that fails takes nothing away', () => {
  const { store, heard, sources } = storeWith('dns');
  sources[0]!.upsert(service('be1-srv'));
  sources[0]!.synced();
  sources[0]!.degraded(new EvenkeelError('EK_DNS_FAILED', 'no answer'));
  assert.equal(store.services.length, 1);
  assert.equal(store.sources[0]!.degraded?.message, 'no answer');
  sources[0]!.degraded(undefined);
  assert.deepEqual(heard().slice(1), ['dns true fine', 'dns true EK_DNS_FAILED', 'dns true fine']);
});

test('the source that was configured first wins, whoever speaks first, and each conflict is told once', () => {
  const { store, heard, sources } = storeWith('file', 'dns');
  sources[1]!.upsert(service('be1-srv', 2));
  sources[0]!.upsert(service('be1-srv', 1));
  assert.deepEqual(heard(), ['be1-srv:2 of dns', 'default/be1-srv: file before dns', 'be1-srv:1 of file']);
  sources[1]!.upsert(service('be1-srv', 3));
  assert.deepEqual(heard(), [], 'what a losing source says changes nothing');
  assert.deepEqual(store.conflicts, [{ service: 'default/be1-srv', inForce: 'file', ignored: 'dns' }]);
  assert.equal(store.sourceOf({ namespace: 'default', name: 'be1-srv' }), 'file');
});

test('when the winner lets go the next source takes over, so nothing is deleted', () => {
  const { store, heard, sources } = storeWith('file', 'dns');
  sources[0]!.upsert(service('be1-srv', 1));
  sources[1]!.upsert(service('be1-srv', 2));
  heard();
  sources[0]!.remove({ namespace: 'default', name: 'be1-srv' });
  assert.deepEqual(heard(), ['be1-srv:2 of dns']);
  assert.deepEqual(store.conflicts, []);
  sources[1]!.remove({ namespace: 'default', name: 'be1-srv' });
  assert.deepEqual(heard(), ['no be1-srv']);
});
