import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { EchoBackend } from './testing/echo-backend.ts';
import { type FileService, replaceEndpointFile, replaceFile } from './testing/endpoint-file.ts';
import { Load } from './testing/load.ts';
import { ServeProcess } from './testing/serve-process.ts';
import { XdsClient } from './testing/xds-client.ts';

// One control plane, its clients and its backends go through a life together: each test begins where the last ended.
const folder = await mkdtemp(join(tmpdir(), 'evenkeel-e2e-'));
const file = join(folder, 'endpoints.yaml');
const net = `127.${160 + (process.pid % 60)}`;

const backends: EchoBackend[] = [];
let serve: ServeProcess;
let xds = '';
let admin = '';
let port = 0;
let client: XdsClient;

async function startBackend(address: string): Promise<string> {
  const backend = await EchoBackend.start(address, port);
  backends.push(backend);
  port = backend.port;
  return address;
}

function service(name: string, ...endpoints: FileService['endpoints']): FileService {
  return { name, port, endpoints, healthCheck: { protocol: 'grpc', grpcService: 'echo.EchoServer' } };
}

async function startServe(xdsListen: string, adminListen: string): Promise<void> {
  const listen = ['--xds-listen', xdsListen, '--admin-listen', adminListen];
  serve = new ServeProcess([
    '--endpoints',
    file,
    ...listen,
    '--health-interval-ms',
    '100',
    '--health-timeout-ms',
    '20000',
  ]);
  ({ xds, admin } = await serve.listening());
  await serve.ready();
}

const get = async (path: string) => (await fetch(`http://${admin}${path}`)).text();

const a = await startBackend(`${net}.1.1`);
const b = await startBackend(`${net}.1.2`);
const c = await startBackend(`${net}.1.3`);
const d = await startBackend(`${net}.2.1`);
const be2Srv = service('be2-srv', { address: d });

before(async () => {
  await replaceEndpointFile(file, [service('be1-srv', { address: a }, { address: b }), be2Srv]);
  await startServe('127.0.0.1:0', '127.0.0.1:0');
  client = new XdsClient(clientBootstrap({ server: xds, namespace: 'default', nodeId: 'e2e' }));
});

after(async () => {
  await client.close();
  await serve.end('SIGKILL');
  for (const backend of backends) backend.stop();
  await rm(folder, { recursive: true });
});

test('two Services are reached by their bare names, each call count exactly even', async () => {
  await client.callUntil('be1-srv', [a, b]);
  assert.deepEqual(
    await client.calls('be1-srv', 20),
    new Map([
      [a, 10],
      [b, 10],
    ]),
  );
  assert.deepEqual([...(await client.calls('be2-srv', 5)).keys()], [d]);
});

test('every form of a name leads to the same backends', async () => {
  // Not be2-srv:grpc: grpc-js makes a URL of the name and takes no port but a number.
  const names = ['be2-srv.default', `be2-srv.default.svc:${port}`, 'be2-srv.default.svc.cluster.local'];
  for (const name of names) assert.equal(await client.call(name), d, name);
});

test('a new endpoint gets its share, a terminating one no further call', async () => {
  await replaceEndpointFile(file, [service('be1-srv', { address: a }, { address: b }, { address: c }), be2Srv]);
  await client.callUntil('be1-srv', [a, b, c]);
  const leaving = service('be1-srv', { address: a, terminating: true }, { address: b }, { address: c });
  await replaceEndpointFile(file, [leaving, be2Srv]);
  await client.callUntil('be1-srv', [b, c]);
  assert.equal((await client.calls('be1-srv', 40)).has(a), false);
});

test('an endpoint that fails its health check is taken out, and let in again', async () => {
  await replaceEndpointFile(file, [service('be1-srv', { address: b }, { address: c }), be2Srv]);
  const backend = backends.find(({ address }) => address === c)!;
  backend.setHealthy(false);
  await serve.line('"state":"unhealthy"');
  await client.callUntil('be1-srv', [b]);
  backend.setHealthy(true);
  await client.callUntil('be1-srv', [b, c]);
});

test('while the control plane is dead no call fails, and after its restart changes flow again', async (t) => {
  const load = new Load(client, 'be1-srv');
  t.after(() => load.stop());
  await load.until([b, c]);

  assert.equal(await serve.end('SIGKILL'), 'SIGKILL');
  assert.deepEqual(await load.next(100), new Set([b, c]));
  await startServe(xds, admin);
  await replaceEndpointFile(file, [service('be1-srv', { address: a }, { address: b }), be2Srv]);
  await load.until([a, b]);
  assert.deepEqual(await load.stop(), []);
});

test('a broken file changes nothing but what readyz says, and a good one heals it', async () => {
  await replaceFile(file, '{ "apiVersion": "evenkeel.dev/v1", "kind": ');
  await serve.line('"EK_FILE_SYNTAX"');
  const degraded = await fetch(`http://${admin}/readyz`);
  assert.equal(degraded.status, 200);
  assert.match(await degraded.text(), /source file fails: /);
  assert.match(await get('/metrics'), /^evenkeel_discovery_degraded\{source="file"\} 1$/m);
  await client.callUntil('be1-srv', [a, b]);

  await replaceEndpointFile(file, [service('be1-srv', { address: a }), be2Srv]);
  await client.callUntil('be1-srv', [a]);
  assert.match(await get('/metrics'), /^evenkeel_discovery_degraded\{source="file"\} 0$/m);
});

test('the dump tells what clients have and what became of every endpoint', async () => {
  const dump = JSON.parse(await get('/config_dump?service=default/be1-srv&target=be3-srv'));
  assert.match(dump.target.reason, /no Service default\/be3-srv/);
  assert.deepEqual(
    dump.services.map(({ name }: { name: string }) => name),
    ['be1-srv'],
  );
  const [endpoint] = dump.services[0].ports[0].endpoints;
  assert.deepEqual(
    { address: endpoint.address, state: endpoint.state, health: endpoint.health.state },
    { address: a, state: 'published', health: 'healthy' },
  );
  const seen = dump.clients.find(({ node }: { node: { id: string } }) => node.id === 'e2e');
  assert.equal(seen.node.namespace, 'default');
  const acked = seen.types.map((type: { type: string; ackedVersion?: string }) => [
    type.type,
    type.ackedVersion !== '',
  ]);
  assert.deepEqual(Object.fromEntries(acked), { listener: true, route: true, cluster: true, endpoint: true });
});

test('nothing was ever rejected', async () => {
  const metrics = await get('/metrics');
  assert.doesNotMatch(metrics, /^evenkeel_xds_nacks_total\{.*\} [1-9]/m);
  assert.match(metrics, /^evenkeel_xds_acks_total\{type="endpoint"\} [1-9]/m);
});

test('SIGTERM ends it with 0', async () => {
  assert.equal(await serve.end('SIGTERM'), 0);
});
