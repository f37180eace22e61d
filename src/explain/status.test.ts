import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeUrls } from '@evenkeel/xds';
import { EvenkeelError } from '../base/errors.ts';
import { displayWidth } from '../base/printable.ts';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { EchoBackend } from '../controlplane/testing/echo-backend.ts';
import { grpcService, readyEndpoint } from '../controlplane/testing/told-source.ts';
import { XdsClient } from '../controlplane/testing/xds-client.ts';
import { painter } from '../probe/print/layout.ts';
import { askReplicas } from './ask-replicas.ts';
import { clientsViewSchema } from './clients-view-schema.ts';
import { printStatus } from './print-status.ts';
import { speaks } from './speaks.ts';
import { statusOf } from './status-rows.ts';
import { clientOf } from './testing/clients.ts';
import { startControlPlane } from './testing/control-plane.ts';

const view = (...clients: ReturnType<typeof clientOf>[]) => ({
  version: '1.2.3',
  asOf: '2026-11-27T00:00:00.000Z',
  ready: true,
  reasons: [],
  total: clients.length,
  clients,
});

test('streams of one client are one row, and the worst of them counts', () => {
  const { clients, conclusion, inOrder } = statusOf([
    {
      admin: 'a:1',
      view: view(
        clientOf('web-1'),
        clientOf('web-1', { stream: 2, peer: '10.0.0.1:40001', state: 'STALE', why: 'has not answered' }),
        clientOf('web-1', { stream: 3, peer: '10.0.0.2:40001' }),
      ),
    },
    { admin: 'b:1', view: view(clientOf('web-1')) },
  ]);
  assert.deepEqual(
    clients.map(({ client, host, replica, streams, state }) => [client, host, replica, streams, state]),
    [
      ['web-1', '10.0.0.1', 'a:1', 2, 'STALE'],
      ['web-1', '10.0.0.2', 'a:1', 1, 'SYNCED'],
      ['web-1', '10.0.0.1', 'b:1', 1, 'SYNCED'],
    ],
  );
  assert.equal(inOrder, false);
  assert.equal(conclusion, 'STALE: web-1 has not answered.');
});

test('a replica that does not answer, or is not ready, is said first', () => {
  const error = new EvenkeelError('EK_ADMIN_UNREACHABLE', 'http://b:1 does not answer: no answer within 1.5 s');
  const frozen = statusOf([
    { admin: 'a:1', view: view(clientOf('web-1')) },
    { admin: 'b:1', error },
  ]);
  assert.equal(frozen.inOrder, false);
  assert.match(frozen.conclusion, /^Control plane b:1: .*no answer within 1\.5 s\.$/);
  const waiting = { ...view(), ready: false, reasons: ['source kubernetes has not told everything yet'] };
  assert.match(statusOf([{ admin: 'a:1', view: waiting }]).conclusion, /^Control plane a:1: it accepts no streams yet/);
  assert.match(statusOf([{ admin: 'a:1', view: view() }]).conclusion, /^No client is connected/);
});

test('clients that the answers leave out are counted', () => {
  const { leftOut } = statusOf([
    { admin: 'a:1', view: { ...view(clientOf('web-1')), total: 10 } },
    { admin: 'b:1', view: { ...view(), total: 2 } },
    { admin: 'c:1', error: new EvenkeelError('EK_ADMIN_UNREACHABLE', 'away') },
  ]);
  assert.equal(leftOut, 11);
});

test('what clients say of themselves does no harm and fits 80 columns', () => {
  const evil = clientOf(
    `\u001b[2J${'x'.repeat(300)}`,
    { state: 'REJECTED', why: `rejected clusters: ${'very long '.repeat(60)}\u202e` },
    { namespace: 'n'.repeat(200), userAgent: `a\nb${'z'.repeat(200)}` },
  );
  const text = printStatus(
    statusOf([
      { admin: '127.0.0.1:18001', view: view(evil, clientOf('web-7c9d8b6f5-xk2lp')) },
      { admin: '127.0.0.1:18011', view: view() },
    ]),
    painter(false),
  );
  for (const line of text.split('\n')) assert.ok(displayWidth(line) <= 80, line);
  assert.doesNotMatch(text, /\p{Cf}|(?!\n)\p{Cc}/u);
});

test('languages are called what people call them', () => {
  const names = {
    'gRPC Go 1.85.0': 'Go 1.85.0',
    'gRPC Java 1.85.1': 'Java 1.85.1',
    'gRPC Node Pure JS 1.14.1': 'Node 1.14.1',
    'gRPC C-core linux Python C-core 53.0.0 Python 1.85.1': 'Python 1.85.1',
    'gRPC C-core linux C-core 32.0.0 Python 1.55.3': 'Python 1.55.3',
    'gRPC C-core linux C-core 32.0.0': 'C-core linux C-core 32.0.0',
    'envoy 1.40.0': 'Envoy 1.40.0',
    'something 1': 'something 1',
    '': 'unknown',
  };
  for (const [userAgent, name] of Object.entries(names)) assert.equal(speaks(userAgent), name);
});

test('a real control plane says of every client how far it is', async (t) => {
  const backend = await EchoBackend.start('127.0.0.1', 0);
  t.after(() => backend.stop());
  const { tell, connect, xds, admin } = await startControlPlane(t);
  tell.upsert(grpcService('shop/orders', [readyEndpoint('127.0.0.1', backend.port)]));
  tell.synced();

  const real = new XdsClient(clientBootstrap({ server: xds, namespace: 'shop', nodeId: 'web-1' }));
  t.after(() => real.close());
  await real.call('orders');

  const wrong = await connect('web-2');
  await wrong.requestResponseAck(typeUrls.listener, ['ordres.shop']);
  const picky = await connect('web-3');
  await picky.requestResponseNack(typeUrls.cluster, ['shop/orders:50051'], 'policy unknown');
  await picky.expectNoResponse();

  const { clients, inOrder } = statusOf(await askReplicas([admin], '/clients', clientsViewSchema));
  assert.equal(inOrder, false);
  assert.deepEqual(
    clients.map(({ client, namespace, state }) => [client, namespace, state]),
    [
      ['web-3', 'shop', 'REJECTED'],
      ['web-2', 'shop', 'NOT SENT'],
      ['web-1', 'shop', 'SYNCED'],
    ],
  );
  assert.match(clients[0]!.why, /^rejected clusters \(shop\/orders:50051\) .*: policy unknown$/);
  assert.match(clients[1]!.why, /^asks for ordres\.shop, which it does not get: there is no Service shop\/ordres$/);
  assert.match(clients[2]!.speaks, /^Node \d/);
});
