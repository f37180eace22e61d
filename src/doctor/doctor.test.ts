import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { displayWidth } from '../base/printable.ts';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { TestAuthority, writeCertificate } from '../controlplane/testing/certificates.ts';
import { startControlPlane } from '../explain/testing/control-plane.ts';
import { frozenAdmin } from '../explain/testing/frozen-admin.ts';
import { painter } from '../probe/print/layout.ts';
import { checkCertificates, checkTimes } from './check-certificates.ts';
import { checkKubernetes } from './check-kubernetes.ts';
import { checkServer } from './check-server.ts';
import type { Diagnosis } from './diagnosis.ts';
import { examine } from './examine.ts';
import { podDiagnoses } from './pod-diagnoses.ts';
import { readBootstrap } from './read-bootstrap.ts';
import { isHealthy, printDiagnoses } from './show-diagnoses.ts';

const said = (found: readonly Diagnosis[]): string[] => found.map(({ severity, text }) => `${severity}: ${text}`);
const good = clientBootstrap({ server: '127.0.0.1:18000', namespace: 'shop', nodeId: 'web-1' }, {});

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-doctor-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('a bootstrap is looked at as clients of all languages do', () => {
  const fine = readBootstrap(JSON.stringify(good), 'b.json');
  assert.deepEqual(said(fine.diagnoses), ['ok: b.json: web-1 asks 127.0.0.1:18000']);
  assert.equal(fine.server, '127.0.0.1:18000');
  const server = { server_uri: 'xds:18000', channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] };
  const cases: [bootstrap: unknown, found: RegExp][] = [
    ['', /fault: b\.json is no JSON: line 1, column 1: expected/],
    ['{\n  "xds_servers": [}', /fault: b\.json is no JSON: line 2, column 19: expected .*, found }/],
    [`\ufeff${JSON.stringify(good)}`, /^fault: b\.json begins with a byte order mark/],
    [[], /fault: b\.json is no bootstrap: the whole: expected object, found array$/],
    [{}, /fault: b\.json is no bootstrap: xds_servers: it is missing$/],
    [{ xds_servers: [] }, /fault: .*xds_servers: it is empty$/],
    [{ xds_servers: [{ ...server, channel_creds: [] }] }, /fault: .*: xds_servers\[0\]\.channel_creds: it is empty$/],
    [{ xds_servers: [{ ...server, server_uri: 5 }] }, /server_uri: expected string, found number$/],
    [
      { xds_servers: [{ ...server, channel_creds: [{ type: 'mtls' }] }] },
      /fault: .*no client knows the channel_creds mtls/,
    ],
    [{ xds_servers: [server] }, /warning: .*lacks ignore_resource_deletion/],
    [{ xds_servers: [{ ...server, server_features: [] }] }, /warning: .*lacks xds_v3/],
    [{ xds_servers: [server], node: { id: 'a' } }, /fault: .*node\.locality is missing/],
    [{ xds_servers: [server], node: { locality: {} } }, /warning: .*node\.id is empty/],
    [{ xds_servers: [server], node: { id: 'a', locality: {} } }, /warning: .*node\.metadata\.namespace is missing/],
  ];
  for (const [bootstrap, found] of cases) {
    const text = typeof bootstrap === 'string' ? bootstrap : JSON.stringify(bootstrap);
    assert.match(said(readBootstrap(text, 'b.json').diagnoses).join('\n'), found, text);
  }
});

test('certificates are looked at for their times, their keys and their form', async (t) => {
  const folder = await folderOf(t);
  const authority = new TestAuthority();
  const [ca, soon, ended] = [
    join(folder, 'ca.crt'),
    writeCertificate(folder, 'soon', authority.issue({ dns: ['a'] })),
    writeCertificate(folder, 'ended', authority.issue({ dns: ['a'], notAfterMs: -1_000 })),
  ];
  await writeFile(ca, 'nothing');
  assert.match(said(await checkCertificates(soon)).join('\n'), /^warning: The certificate .*soon\.crt ends in 0 days/);
  assert.match(said(await checkCertificates(ended)).join('\n'), /^fault: .*ended\.crt ended on/);
  assert.match(said(await checkCertificates({ ...soon, key: ended.key })).join('\n'), /fault: .*is not the key of/);
  assert.match(said(await checkCertificates({ ca })).join('\n'), /fault: .*ca\.crt cannot be used as a certificate/);
  assert.match(said(await checkCertificates({ ca: join(folder, 'none') })).join('\n'), /fault: .*ENOENT/);
  const year = { validFrom: 'Jan 1 00:00:00 2026 GMT', validTo: 'Jan 1 00:00:00 2027 GMT' };
  assert.equal(checkTimes(year, 'a', Date.UTC(2026, 5)).severity, 'ok');
  assert.match(checkTimes(year, 'a', Date.UTC(2025, 5)).text, /valid from/);
});

test('the way to a control plane: name, port, protocol, readiness', async (t) => {
  const { tell, xds, admin } = await startControlPlane(t);
  assert.match(said(await checkServer(xds, undefined)).join('\n'), /^fault: .*does not serve xDS: .*status 14/);
  tell.synced();
  assert.deepEqual(said(await checkServer(xds, undefined)), [`ok: ${xds} accepts clients`]);
  assert.match(said(await checkServer(admin, undefined)).join('\n'), /^fault: .*does not serve xDS/);
  assert.match(
    said(await checkServer('127.0.0.1:1', undefined)).join('\n'),
    /^fault: .*cannot be connected to: .*ECONNREFUSED/,
  );
  const unknown = await checkServer('xds.invalid:1', undefined, () => Promise.reject(new Error('ENOTFOUND')));
  assert.deepEqual(said(unknown), ['fault: DNS does not know xds.invalid: ENOTFOUND']);
  assert.match(said(await checkServer(xds, {})).join('\n'), /^fault: .*TLS fails/);
});

test('everything together, from the environment of a client', async (t) => {
  const folder = await folderOf(t);
  const { tell, xds, admin } = await startControlPlane(t);
  tell.synced();
  const file = join(folder, 'bootstrap.json');
  await writeFile(file, JSON.stringify({ ...good, xds_servers: clientServers(xds) }));
  const common = { version: '1.2.3', kubernetes: false, admin: [admin] };
  const found = await examine({ ...common, env: { GRPC_XDS_BOOTSTRAP: file } });
  assert.ok(isHealthy(found), said(found).join('\n'));
  assert.deepEqual(
    found.map(({ check }) => check),
    ['install', 'bootstrap', 'server', 'admin', 'clock', 'clients'],
  );
  const other = await examine({ ...common, version: '9.9.9', env: { GRPC_XDS_BOOTSTRAP: join(folder, 'none') } });
  assert.match(
    said(other).join('\n'),
    /fault: GRPC_XDS_BOOTSTRAP .* cannot be read: ENOENT[\s\S]*warning: .*is evenkeel 1\.2\.3/,
  );
  const silent = await examine({ ...common, admin: [await frozenAdmin(t)], env: {} });
  assert.match(said(silent).join('\n'), /skipped: No bootstrap was looked at[\s\S]*fault: .*no answer within 3 s/);
  const lines = printDiagnoses([...found, ...other, ...silent], painter(false)).split('\n');
  for (const line of lines) assert.ok(displayWidth(line) <= 80, line);
  assert.match(lines[0]!, /^fault {4}\S/);
  await assert.rejects(examine({ ...common, server: 'nowhere', env: {} }), { code: 'EK_USAGE' });
});

function clientServers(server: string): unknown {
  return (clientBootstrap({ server }, {}) as { xds_servers: unknown }).xds_servers;
}

const pod = (namespace: string, name: string, more: object = {}, ready = 'True') => ({
  metadata: { namespace, name, ...more },
  spec: { containers: [{ env: [{ name: 'TARGET', value: 'dns:///orders.shop:50051' }] }] },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});

test('what pods say: the installation, and clients that dial DNS', () => {
  const own = { labels: { 'app.kubernetes.io/name': 'evenkeel' } };
  const quiet = { spec: { containers: [{ args: ['--target', 'xds:///orders.shop'] }] } };
  const found = podDiagnoses([
    { ...pod('evenkeel', 'evenkeel-1', own), ...quiet },
    { ...pod('evenkeel', 'evenkeel-2', own, 'False'), ...quiet },
    pod('shop', 'web-7c9d8b6f5-xk2lp'),
    pod('shop', 'web-7c9d8b6f5-abcde'),
    'no pod',
  ]);
  assert.match(said(found)[0]!, /^warning: 1 of 2 pods of evenkeel are ready$/);
  assert.match(said(found)[1]!, /^warning: shop\/web.* dials dns:\/\/\/orders\.shop:50051/);
  assert.match(found[1]!.action!, /Write xds:\/\/\/orders\.shop:50051, and give it a bootstrap/);
  assert.match(said(podDiagnoses([]))[0]!, /^warning: No pod of evenkeel runs/);
});

test('a cluster is looked at with the rights that there are', async (t) => {
  const server = createServer(({ url = '' }, response) => {
    if (url.includes('endpointslices')) {
      response.writeHead(403).end(JSON.stringify({ kind: 'Status', message: 'endpointslices is forbidden' }));
    } else response.end(JSON.stringify({ items: url.includes('pods') ? [pod('shop', 'web-1')] : [], metadata: {} }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const kubeconfig = join(await folderOf(t), 'config');
  const { port } = server.address() as AddressInfo;
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c', users: [{ name: 'u', user: {} }] },
    clusters: [{ name: 'k', cluster: { server: `http://127.0.0.1:${port}` } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const found = said(await checkKubernetes({ kubeconfig, env: {} }));
  assert.match(found[0]!, /^ok: services of all namespaces may be listed$/);
  assert.match(found[1]!, /^fault: endpointslices of all namespaces may not be listed: .*forbidden/);
  assert.match(found.join('\n'), /warning: No pod of evenkeel runs[\s\S]*warning: shop\/web dials dns/);
  const absent = said(await checkKubernetes({ env: { HOME: '/nonexistent' }, serviceAccount: '/nonexistent' }));
  assert.match(absent.join('\n'), /^skipped: No cluster was looked at/);
});
