import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { findEnvoy, howToGetEnvoy } from '../base/find-envoy.ts';
import { formatAddress } from '../base/listen-address.ts';
import { envoyBootstrap } from '../bootstrap/envoy-bootstrap.ts';
import { EchoBackend } from './testing/echo-backend.ts';
import { type FileService, replaceEndpointFile } from './testing/endpoint-file.ts';
import { EnvoyProcess } from './testing/envoy-process.ts';
import { GatewayClient } from './testing/gateway-client.ts';
import { Load } from './testing/load.ts';
import { ServeProcess } from './testing/serve-process.ts';

const binary = await findEnvoy();
// Where everything is required, the first use says what is missing.
const skip = binary === undefined && process.env.EVENKEEL_REQUIRE !== 'all' && `there is no Envoy: ${howToGetEnvoy}`;

/** Below the ranges that labs take. */
const net = `127.${1 + (process.pid % 29)}.${process.pid % 250}`;
const unimplemented = 12;
const unavailable = 14;

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

for (const [index, variant] of (['state of the world', 'delta'] as const).entries()) {
  suite(`an Envoy that is a gateway, ${variant}`, { skip }, () => {
    // Control plane, Envoy and backends go through a life together: each test begins where the last ended.
    const host = `${net}.${1 + index}`;
    const backends = new Map<string, EchoBackend>();
    let folder = '';
    let endpoints = '';
    let serve: ServeProcess;
    let envoy: EnvoyProcess;
    let client: GatewayClient;
    let port = 0;
    let xds = '';

    async function startBackend(last: number): Promise<string> {
      const address = `${net}.${100 + 10 * index + last}`;
      const backend = await EchoBackend.start(address, port);
      port = backend.port;
      backends.set(address, backend);
      return address;
    }

    const tell = (...services: [name: string, ...addresses: string[]][]) =>
      replaceEndpointFile(
        endpoints,
        services.map(
          ([name, ...addresses]): FileService => ({
            name,
            port,
            endpoints: addresses.map((address) => ({ address })),
          }),
        ),
      );

    async function startServe(listen: string): Promise<void> {
      const config = join(folder, 'evenkeel.yaml');
      serve = new ServeProcess(['--config', config, '--xds-listen', listen, '--admin-listen', '127.0.0.1:0']);
      ({ xds } = await serve.listening());
      await serve.ready();
    }

    async function answers(name: string, count: number): Promise<Record<string, number>> {
      const counts: Record<string, number> = {};
      for (let made = 0; made < count; made++) {
        const backend = await client.call(name);
        counts[backend] = (counts[backend] ?? 0) + 1;
      }
      return counts;
    }

    let a = '';
    let b = '';

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'evenkeel-envoy-'));
      endpoints = join(folder, 'endpoints.json');
      a = await startBackend(1);
      b = await startBackend(2);
      await tell(['be1-srv', a, b], ['nobody']);
      const gateway = await freePort(host);
      const gateways = [{ name: 'edge', listen: `${host}:${gateway}` }];
      const config = {
        apiVersion: 'evenkeel.dev/v1',
        kind: 'Config',
        discovery: { file: { path: endpoints } },
        gateways,
      };
      await writeFile(join(folder, 'evenkeel.yaml'), JSON.stringify(config));
      await startServe(`${host}:0`);
      const adminPort = await freePort(host);
      const bootstrap = envoyBootstrap({
        gateway: 'edge',
        server: xds,
        adminHost: host,
        adminPort,
        delta: variant === 'delta',
      });
      envoy = await EnvoyProcess.start(binary ?? 'envoy', join(folder, 'envoy.json'), bootstrap);
      await envoy.ready(formatAddress(host, adminPort));
      client = new GatewayClient(formatAddress(host, gateway));
    });

    after(async () => {
      client?.close();
      await envoy?.stop();
      await serve?.end('SIGKILL');
      for (const backend of backends.values()) backend.stop();
      await rm(folder, { recursive: true });
    });

    test('spreads the calls of one connection exactly', async () => {
      assert.deepEqual(await answers('be1-srv', 20), { [a]: 10, [b]: 10 });
    });

    test('knows a Service by all of its names, with any port and without', async () => {
      const full = 'be1-srv.default.svc.cluster.local';
      for (const name of ['be1-srv.default', 'be1-srv.default.svc', full, `${full}:${port}`, 'be1-srv:8080']) {
        assert.ok([a, b].includes(await client.call(name)), name);
      }
    });

    test('says that there is no such Service, and that there is nobody behind one', async () => {
      await assert.rejects(client.call('no-such-srv'), { code: unimplemented });
      await assert.rejects(client.call('nobody'), { code: unavailable });
    });

    test('follows endpoints that come and go without losing a call', async () => {
      const load = new Load(client, 'be1-srv');
      const c = await startBackend(3);
      await tell(['be1-srv', a, b, c], ['nobody']);
      await load.until([a, b, c]);
      await tell(['be1-srv', b, c], ['nobody']);
      await load.until([b, c]);
      backends.get(a)!.stop();
      await load.next(20);
      assert.deepEqual(await load.stop(), []);
    });

    test('learns of a Service that is new, on the connections that are there', async () => {
      const load = new Load(client, 'be1-srv');
      const d = await startBackend(4);
      const c = [...backends.keys()][2]!;
      await tell(['be1-srv', b, c], ['nobody'], ['be2-srv', d]);
      for (;;) {
        const answer = await client.call('be2-srv').catch((error: unknown) => error);
        if (answer === d) break;
        assert.equal((answer as { code: number }).code, unimplemented);
      }
      assert.deepEqual(await load.stop(), []);
    });

    test('goes on without the control plane and follows the next one', async () => {
      const [, , c = ''] = backends.keys();
      const load = new Load(client, 'be1-srv');
      assert.equal(await serve.end('SIGKILL'), 'SIGKILL');
      await load.next(20);
      await tell(['be1-srv', c], ['nobody']);
      await startServe(xds);
      await load.until([c]);
      assert.deepEqual(await load.stop(), []);
    });

    test('has rejected nothing', () => {
      assert.doesNotMatch(envoy.output, /rejected|\[(?:error|critical)\]/i);
    });
  });
}
