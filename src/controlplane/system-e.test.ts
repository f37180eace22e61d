import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Answer } from 'dns-packet';
import { formatAddress } from '../base/listen-address.ts';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { ZoneServer } from '../discovery/testing/zone-server.ts';
import { EchoBackend } from './testing/echo-backend.ts';
import { ServeProcess } from './testing/serve-process.ts';
import { svcConfig } from './testing/system-e.ts';
import { XdsClient } from './testing/xds-client.ts';

const net = `127.${160 + (process.pid % 60)}.7`;

/** What a cluster's DNS says of a headless Service: an SRV record a pod, and the address of each. */
function headless(service: string, backends: readonly EchoBackend[]): Answer[] {
  return backends.flatMap(({ address, port }): Answer[] => {
    const name = `${service}.default.svc.cluster.local`;
    const pod = `${address.replaceAll('.', '-')}.${name}`;
    return [
      { type: 'SRV', name: `_grpc._tcp.${name}`, ttl: 0, data: { target: pod, port, priority: 0, weight: 1 } },
      { type: 'A', name: pod, ttl: 0, data: address },
    ];
  });
}

test('svc_config.json of system E as it stands: both Services resolve, and a scale-out shows without a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-system-e-'));
  after(() => rm(folder, { recursive: true }));
  const dns = await ZoneServer.start();
  after(() => dns.close());
  const backends: EchoBackend[] = [];
  after(() => {
    for (const backend of backends) backend.stop();
  });
  const start = async (address: string): Promise<EchoBackend> => {
    const backend = await EchoBackend.start(address, backends[0]?.port ?? 0);
    backends.push(backend);
    return backend;
  };
  const be1 = [await start(`${net}.1`), await start(`${net}.2`)];
  const be2 = [await start(`${net}.65`)];
  dns.serve([...headless('be1-srv', be1), ...headless('be2-srv', be2)]);

  const config = join(folder, 'svc_config.json');
  await writeFile(config, svcConfig('be1-srv', 'be2-srv'));
  const serve = new ServeProcess([
    ...['--config', config, '--dns', formatAddress(dns.address.host, dns.address.port)],
    ...['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
    ...['--dns-min-interval-ms', '50', '--dns-timeout-ms', '20000', '--health-timeout-ms', '20000'],
  ]);
  after(() => serve.end('SIGKILL'));
  const { xds, admin } = await serve.listening();
  await serve.ready();

  const client = new XdsClient(clientBootstrap({ server: xds, namespace: 'default', nodeId: 'system-e' }));
  after(() => client.close());
  await client.callUntil('be1-srv', [`${net}.1`, `${net}.2`]);
  assert.equal(await client.call('be2-srv'), `${net}.65`);

  const addresses = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((last) => `${net}.${last}`);
  for (const address of addresses.slice(2)) be1.push(await start(address));
  dns.serve([...headless('be1-srv', be1), ...headless('be2-srv', be2)]);
  await client.callUntil('be1-srv', addresses);
  assert.deepEqual(
    new Map([...(await client.calls('be1-srv', 30))].sort()),
    new Map(addresses.map((address) => [address, 3] as const).sort()),
  );

  const metrics = await (await fetch(`http://${admin}/metrics`)).text();
  assert.doesNotMatch(metrics, /^evenkeel_xds_nacks_total\{.*\} [1-9]/m);
});
