// Clients of other makers connect to `evenkeel serve` over mTLS; docs/tls.md has the matrix that comes out of it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { findEnvoy } from '../src/base/find-envoy.ts';
import type { ClientTlsFiles } from '../src/bootstrap/client-tls.ts';
import { envoyBootstrap } from '../src/bootstrap/envoy-bootstrap.ts';
import { type CertificateSpec, TestAuthority, writeCertificate } from '../src/controlplane/testing/certificates.ts';
import { EnvoyProcess } from '../src/controlplane/testing/envoy-process.ts';
import { ServeProcess } from '../src/controlplane/testing/serve-process.ts';
import { type ClientKind, clientKinds } from './driver/clients.ts';
import { echoDescriptors } from './driver/echo-descriptors.ts';
import { freePorts } from './driver/free-ports.ts';
import { nodeIdOf } from './driver/live-client.ts';
import { answered, failed } from './driver/tally.ts';
import { Backend } from './fixture/backend.ts';

const requireAll = process.env.EVENKEEL_REQUIRE === 'all';
const service = 'be1-srv';
const target = `xds:///${service}`;
const calls = 30;
/** Far above what a machine that is busy makes a call wait for. */
const deadlineMs = 30_000;
const plaintextOnly = 'grpc-js-xds knows insecure and google_default alone';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-interop-tls-'));
after(() => rmSync(folder, { recursive: true }));
const authority = new TestAuthority();
const clientSpec: CertificateSpec = { uris: ['spiffe://cluster.local/ns/default/sa/client'], usage: 'client' };

function files(name: string, from: TestAuthority, spec: CertificateSpec): ClientTlsFiles {
  return { ca: join(folder, 'ca.crt'), ...writeCertificate(folder, name, from.issue(spec)) };
}

/** What a client may show beside a good certificate, and the reason for which it is refused. */
const refusals: Readonly<Record<string, { readonly tls: ClientTlsFiles; readonly reason: string }>> = {
  expired: { tls: files('expired', authority, { ...clientSpec, notAfterMs: -60_000 }), reason: 'expired_certificate' },
  'of a wrong authority': { tls: files('stranger', new TestAuthority(), clientSpec), reason: 'unknown_authority' },
  'of a wrong name': {
    tls: files('other', authority, { uris: ['spiffe://cluster.local/ns/other/sa/client'] }),
    reason: 'not_allowed',
  },
  missing: { tls: { ca: join(folder, 'ca.crt') }, reason: 'missing_certificate' },
};

const backend = new Backend('be1-0');
after(() => backend.drain(0));
const port = await backend.listen('127.0.0.1', 0);
const gatewayKinds = clientKinds.filter(({ isGateway }) => isGateway);
const gatewayPorts = await freePorts(gatewayKinds.length);
const gateways = new Map(gatewayKinds.map(({ id }, index) => [id, `127.0.0.1:${gatewayPorts[index]}`]));
const descriptors = join(folder, 'echo.binpb');
writeFileSync(descriptors, echoDescriptors());
writeFileSync(join(folder, 'ca.crt'), authority.cert);
writeFileSync(
  join(folder, 'endpoints.json'),
  JSON.stringify({
    apiVersion: 'evenkeel.dev/v1',
    kind: 'Endpoints',
    services: [
      { name: service, ports: [{ name: 'grpc', port }], endpoints: [{ address: '127.0.0.1', pod: backend.pod }] },
    ],
  }),
);
const serverFiles = writeCertificate(folder, 'server', authority.issue({ ips: ['127.0.0.1'], usage: 'server' }));
writeFileSync(
  join(folder, 'evenkeel.json'),
  JSON.stringify({
    apiVersion: 'evenkeel.dev/v1',
    kind: 'Config',
    xds: {
      plaintext: 'none',
      tls: {
        listen: '127.0.0.1:0',
        ...serverFiles,
        ca: 'ca.crt',
        clients: [
          { uri: 'spiffe://cluster.local/ns/default/sa/*', namespaces: ['default'], gateways: [...gateways.keys()] },
        ],
      },
    },
    admin: { listen: '127.0.0.1:0' },
    discovery: { file: { path: 'endpoints.json' } },
    gateways: [...gateways].map(([name, listen]) => ({ name, listen })),
  }),
);
const serve = new ServeProcess(['--config', join(folder, 'evenkeel.json')]);
after(() => serve.end('SIGTERM'));
const { tls: xdsAddress, admin } = await serve.listening();
await serve.ready();
const surroundings = { folder, descriptors, xdsAddress, gateways };
const good = files('client', authority, clientSpec);

/** What the control plane says of the certificate that a client has shown. */
async function identityOf(nodeId: string): Promise<unknown> {
  const dump = (await (await fetch(`http://${admin}/config_dump`)).json()) as {
    readonly clients: readonly { readonly node: { readonly id: string }; readonly certificate?: object }[];
  };
  const { notAfter, ...identity } = (dump.clients.find(({ node }) => node.id === nodeId)?.certificate ?? {}) as {
    readonly notAfter?: string;
  };
  assert.ok(Date.parse(notAfter ?? '') > Date.now());
  return identity;
}

/** Lets a client that must not learn anything try to come in, again and again until it was refused. */
async function attempt(kind: ClientKind, tls: ClientTlsFiles, wasRefused: () => boolean): Promise<void> {
  if (kind.isGateway) return attemptOfEnvoy(kind, tls, wasRefused);
  const client = await kind.start({ ...surroundings, tls });
  try {
    do {
      const tally = await client.process.call([target], 1, 'tls', { deadlineMs: 3_000 });
      assert.equal(answered(tally), 0);
    } while (!wasRefused());
  } finally {
    await client.stop();
  }
}

/** An Envoy that is told nothing is never ready, so there is none that could be called through; it goes on trying. */
async function attemptOfEnvoy({ id }: ClientKind, tls: ClientTlsFiles, wasRefused: () => boolean): Promise<void> {
  const [adminPort] = await freePorts(1);
  const options = { gateway: id, server: xdsAddress, nodeId: nodeIdOf(id), adminPort: adminPort! };
  const bootstrap = envoyBootstrap({ ...options, delta: id === 'envoy-delta', tls }, {});
  const envoy = await EnvoyProcess.start((await findEnvoy())!, join(folder, `${id}-refused.json`), bootstrap);
  try {
    while (!wasRefused()) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await fetch(`http://127.0.0.1:${adminPort}/ready`)).status, 503);
  } finally {
    await envoy.stop();
  }
}

for (const kind of clientKinds) {
  const missing = kind.id === 'node' ? plaintextOnly : await kind.missing();
  const skip = missing !== undefined && (!requireAll || kind.id === 'node') ? missing : false;
  suite(kind.id, { skip }, () => {
    test('calls with what it learnt over mTLS', async () => {
      const client = await kind.start({ ...surroundings, tls: good });
      try {
        const tally = await client.process.call([target], calls, 'tls', { deadlineMs });
        assert.deepEqual([answered(tally), failed(tally)], [calls, 0], JSON.stringify(tally.failures));
        assert.deepEqual(await identityOf(nodeIdOf(kind.id)), {
          uris: clientSpec.uris,
          dnsNames: [],
          sees: { namespaces: ['default'], gateways: [...gateways.keys()] },
        });
      } finally {
        await client.stop();
      }
    });

    for (const [what, { tls, reason }] of Object.entries(refusals)) {
      test(`is refused with a certificate that is ${what}`, { timeout: 180_000 }, async () => {
        const before = serve.output.length;
        await attempt(kind, tls, () => serve.output.slice(before).includes(`"reason":"${reason}"`));
      });
    }
  });
}

test('grpc-js-xds cannot connect with TLS, which the matrix says', async () => {
  const kind = clientKinds.find(({ id }) => id === 'node')!;
  const client = await kind.start({ ...surroundings, tls: good });
  try {
    const tally = await client.process.call([target], 1, 'tls', { deadlineMs: 3_000 });
    assert.equal(answered(tally), 0);
  } finally {
    await client.stop();
  }
});
