import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClientResource, type ClientStatus, typeUrls } from '@evenkeel/xds';
import { clientRow } from './client-row.ts';
import { viewClient } from './client-view.ts';

const type = {
  ...{ typeUrl: typeUrls.cluster, wildcard: false, names: 2, held: 2, ackedVersion: '7', rejection: undefined },
  ...{ unansweredMs: undefined, pending: 0 },
};
const viewed = (more: Partial<ClientStatus['types'][number]>, told = {}, resources: readonly ClientResource[] = []) => {
  const node = {
    ...{ id: 'web-6b7fb94bfb-hf6zv', cluster: '', metadata: {}, locality: { region: '', zone: 'a', subZone: '' } },
    ...{ userAgentName: 'gRPC Go', userAgentVersion: '1.85.0', clientFeatures: [], ...told },
  };
  const status = {
    ...{
      id: 1,
      variant: 'sotw' as const,
      path: '',
      peer: '10.0.0.9:5',
      group: 'shop',
      certificate: undefined,
      hidden: [],
    },
    ...{ node, types: [{ ...type, ...more }] },
  } as const;
  const facts = {
    ...{ resourcesOf: () => resources, whyNotServed: () => undefined, identityOf: () => undefined, zones: new Map() },
  };
  return { view: viewClient(status, facts), node };
};
const row = (more: Partial<ClientStatus['types'][number]>, told = {}) => {
  const { view, node } = viewed(more, told);
  return clientRow(view, node);
};

test('a client is told by namespace, workload, zone, language and version', () => {
  assert.deepEqual(row({}), {
    ...{ key: 'client 1', kind: 'client', node: 'web-6b7fb94bfb-hf6zv', peer: '10.0.0.9:5', namespace: 'shop' },
    ...{ workload: 'web', zone: 'a', kubeNode: '', language: 'Go', version: '1.85.0', protocol: 'sotw' },
    ...{ state: 'SYNCED', why: 'has acknowledged everything that it asks for' },
    types: [{ type: 'cluster', asked: 2, sent: 2 }],
  });
  assert.equal(row({ wildcard: true }).types[0]!.asked, -1);
  assert.equal(row({}, { metadata: { workload: 'front' } }).workload, 'front');
});

test('what a client says of itself is bounded, and nothing in it hides or runs backwards', () => {
  assert.equal(row({}, { userAgentName: 'my\u001b[31m' }).language, 'my\\x1b[31m');
  assert.equal(row({}, { userAgentName: '' }).language, 'unknown');
  assert.equal(row({}, { id: 'x'.repeat(999) }).node.length, 300);
  const rejection = { version: '8', names: ['a'], code: 3, message: 'bad \u202epolicy', agoMs: 1 };
  const { state, why } = row({ rejection });
  assert.equal(state, 'REJECTED');
  assert.match(why, /bad \\u\{202e\}policy/);
});

test('what a client asks for in vain is shown of the first twenty names', () => {
  const resources = Array.from({ length: 30 }, (_, index) => ({
    ...{ typeUrl: typeUrls.cluster, name: `none-${index}`, version: undefined, state: 'not-sent' as const },
  }));
  assert.equal(viewed({ names: 30, held: 0 }, {}, resources).view.missing.length, 20);
});
