import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { AdsTestClient, grpcStatus, typeUrls } from '@evenkeel/xds';
import type { ClientRule } from './auth-rules.ts';
import { ControlPlane } from './control-plane.ts';
import { type Certificate, type CertificateSpec, TestAuthority, writeCertificate } from './testing/certificates.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

const health = { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 };
const serverSpec: CertificateSpec = { commonName: 'xds-srv', dns: ['localhost'], ips: ['127.0.0.1'], usage: 'server' };
const clientSpec: CertificateSpec = { uris: ['spiffe://cluster.local/ns/shop/sa/fe'], usage: 'client' };
const authority = new TestAuthority();
const serverCertificate = authority.issue(serverSpec);
const clientCertificate = authority.issue(clientSpec);

interface Options {
  readonly mtls?: boolean;
  readonly clients?: readonly ClientRule[];
  /** Path of a folder that holds tls.crt, tls.key and ca.crt; default: one of the test's own. */
  readonly files?: string;
}

/** A control plane with TLS alone, which serves Services of the namespaces shop and bank. */
async function startControlPlane(t: TestContext, { mtls = true, clients, files }: Options = {}) {
  const folder = temporaryFolder(t);
  const from = files ?? folder;
  if (files === undefined) writeFiles(folder, serverCertificate);
  const source = new ToldSource();
  const { log, lines } = logCapture();
  const controlPlane = new ControlPlane({
    sources: [{ name: 'file', discovery: source }],
    health,
    clusterDomain: 'cluster.local',
    version: '1.2.3',
    log,
    tls: {
      listen: { host: '127.0.0.1', port: 0 },
      cert: join(from, 'tls.crt'),
      key: join(from, 'tls.key'),
      ca: mtls ? join(from, 'ca.crt') : undefined,
      clients,
    },
  });
  const { tls } = await controlPlane.open(undefined);
  t.after(() => controlPlane.stop());
  for (const id of ['shop/orders', 'bank/accounts']) source.tell.upsert(grpcService(id, [readyEndpoint('10.0.0.1')]));
  source.tell.synced();
  await controlPlane.whenReady;
  const { port } = tls!;
  const connect = async (certificate: Partial<Certificate> = clientCertificate, namespace = 'shop') => {
    const client = await AdsTestClient.connect(`https://127.0.0.1:${port}`, {
      node: { id: 'test', metadata: { namespace } },
      http2: { ca: authority.cert, ...certificate },
    });
    t.after(() => client.close());
    return client;
  };
  const metric = async (line: RegExp): Promise<boolean> => line.test((await controlPlane.metrics()).text);
  return { controlPlane, folder, lines, port, connect, metric };
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function writeFiles(folder: string, certificate: Certificate, ca = authority.cert): void {
  writeCertificate(folder, 'tls', certificate);
  writeFileSync(join(folder, 'ca.crt'), ca);
}

/** The server's certificate as a client that connects now sees it. */
async function serialNow(port: number, options: ConnectionOptions = clientCertificate): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: authority.cert, ALPNProtocols: ['h2'], ...options });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Connects and resolves once the server has cut the connection, or the handshake has failed. */
async function refused(port: number, options: ConnectionOptions): Promise<void> {
  const socket: TLSSocket = connectTls({
    port,
    host: '127.0.0.1',
    ca: authority.cert,
    ALPNProtocols: ['h2'],
    ...options,
  });
  socket.on('error', () => {});
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
}

test('a private key that everybody may read is named in the log with its mode, and serves', async (t) => {
  const warnings = async (mode: number): Promise<Record<string, unknown>[]> => {
    const folder = temporaryFolder(t);
    writeFiles(folder, serverCertificate);
    chmodSync(join(folder, 'tls.key'), mode);
    const { lines, connect } = await startControlPlane(t, { files: folder });
    await (await connect()).sotw().requestResponseAck(typeUrls.listener);
    return lines.filter(({ msg }) => /private key/.test(String(msg))).map(({ file, mode }) => ({ file, mode }));
  };
  assert.equal((await warnings(0o644))[0]?.mode, '0644');
  assert.match(String((await warnings(0o604))[0]?.file), /tls\.key$/);
  for (const mode of [0o600, 0o640, 0o440]) assert.deepEqual(await warnings(mode), [], mode.toString(8));
});

test('clients with a certificate of the authority are served over TLS', async (t) => {
  const { connect } = await startControlPlane(t);
  const client = await connect();
  assert.equal(client.session.alpnProtocol, 'h2');
  assert.deepEqual((await client.sotw().requestResponseAck(typeUrls.listener, ['orders'])).names, ['orders']);
  const delta = await client.delta().requestResponseAck(typeUrls.cluster, { subscribe: ['shop/orders:50051'] });
  assert.deepEqual(delta.names, ['shop/orders:50051']);
});

test('without authorities TLS serves everybody, and everything', async (t) => {
  const { connect } = await startControlPlane(t, { mtls: false });
  const ads = (await connect({})).sotw();
  const names = ['shop/orders:50051', 'bank/accounts:50051'];
  assert.deepEqual((await ads.requestResponseAck(typeUrls.cluster, names)).names, names.toSorted());
});

test('who is refused, and the reason that the log gives', async (t) => {
  const rules = [{ uri: 'spiffe://cluster.local/ns/shop/sa/*' }];
  const { port, lines, metric } = await startControlPlane(t, { clients: rules });
  const stranger = new TestAuthority('somebody else').issue(clientSpec);
  const cases: [string, ConnectionOptions, string, RegExp][] = [
    ['no certificate', {}, 'missing_certificate', /showed no certificate/],
    ['expired', authority.issue({ ...clientSpec, notAfterMs: -1_000 }), 'expired_certificate', /CERT_HAS_EXPIRED/],
    [
      'not yet valid',
      authority.issue({ ...clientSpec, notBeforeMs: 600_000, notAfterMs: 900_000 }),
      'not_yet_valid_certificate',
      /CERT_NOT_YET_VALID/,
    ],
    ['wrong authority', stranger, 'unknown_authority', /not accepted/],
    ["a server's certificate", authority.issue(serverSpec), 'invalid_certificate', /INVALID_PURPOSE/],
    [
      'wrong name',
      authority.issue({ uris: ['spiffe://cluster.local/ns/bank/sa/fe'] }),
      'not_allowed',
      /no rule .* spiffe:\/\/cluster\.local\/ns\/bank\/sa\/fe/,
    ],
    ['common name alone', authority.issue({ commonName: 'fe' }), 'not_allowed', /no URI and no DNS name/],
    [
      'two identities',
      authority.issue({ uris: [...clientSpec.uris!, 'spiffe://cluster.local/ns/bank/sa/fe'] }),
      'not_allowed',
      /one URI alone/,
    ],
    ['HTTP/1.1', { ...clientCertificate, ALPNProtocols: undefined }, 'no_http2', /ALPN h2/],
    [
      'an old version',
      { ...clientCertificate, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' },
      'handshake',
      /handshake/,
    ],
  ];
  for (const [what, options, reason, why] of cases) {
    const before = lines.length;
    await refused(port, options);
    const told = () => lines.slice(before).filter(({ msg }) => msg === 'a client was refused');
    await until(() => told().length > 0);
    const [line] = told();
    assert.equal(line!.reason, reason, what);
    assert.match(String(line!.why), why, what);
    assert.match(String(line!.peer), /^127\.0\.0\.1:\d+$/, what);
    assert.ok(
      await metric(new RegExp(`^evenkeel_tls_connections_refused_total\\{reason="${reason}"\\} [1-9]`, 'm')),
      what,
    );
  }
});

test('a client sees the namespaces that its rule names, and the others do not exist for it', async (t) => {
  const rules = [
    { uri: 'spiffe://cluster.local/ns/{namespace}/sa/*', namespaces: ['{namespace}'] },
    { dns: '*.auditors.example', namespaces: ['bank', 'shop'] },
  ];
  const { controlPlane, lines, connect, metric } = await startControlPlane(t, { clients: rules });
  const clusters = ['bank/accounts:50051', 'shop/orders:50051'];
  const shop = await connect();
  const ads = shop.sotw();
  assert.deepEqual((await ads.requestResponseAck(typeUrls.cluster, clusters)).names, ['shop/orders:50051']);
  const { names, removed } = await shop.delta().requestResponseAck(typeUrls.listener, {
    subscribe: ['orders', 'orders.shop', 'accounts.bank', 'nobody.shop'],
  });
  assert.deepEqual(
    [names, removed],
    [
      ['orders', 'orders.shop'],
      ['accounts.bank', 'nobody.shop'],
    ],
  );

  const dump = JSON.parse(JSON.stringify(controlPlane.configDump({ namespace: 'default', limit: 10 })));
  const { notAfter, ...identity } = dump.clients[0].certificate;
  assert.deepEqual(identity, {
    uris: clientSpec.uris,
    dnsNames: [],
    sees: { namespaces: ['shop'], gateways: [] },
  });
  assert.ok(Date.parse(notAfter) > Date.now());
  const [refusedName] = dump.clients[0].refusedNames;
  assert.deepEqual([refusedName.type, refusedName.name], ['cluster', 'bank/accounts:50051']);
  assert.match(refusedName.reason, /no rule of xds\.tls\.clients/);
  // It is told of later, so that the client cannot see by the time that there is something.
  const told = (): boolean => lines.filter(({ msg }) => msg === 'a client asked for what it may not see').length === 2;
  await until(told);
  assert.ok(await metric(/^evenkeel_xds_names_hidden_total\{type="cluster"\} 1$/m));

  // To say of itself that it is in another namespace does not help.
  const liar = (await connect(clientCertificate, 'bank')).sotw();
  assert.deepEqual((await liar.requestResponseAck(typeUrls.listener, ['accounts'])).names, []);

  const auditor = (await connect(authority.issue({ dns: ['one.auditors.example'] }))).sotw();
  assert.deepEqual((await auditor.requestResponseAck(typeUrls.cluster, clusters)).names, clusters);
});

test('where the fleet comes in there is nothing but discovery and health', async (t) => {
  const client = await (await startControlPlane(t)).connect();
  const unknown = [
    '/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus',
    '/envoy.service.status.v3.ClientStatusDiscoveryService/StreamClientStatus',
    '/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats',
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
    '/grpc.channelz.v1.Channelz/GetServers',
  ];
  for (const path of unknown) assert.equal((await client.call(path).ended).code, grpcStatus.unimplemented, path);
  for (const path of ['/config_dump', '/metrics', '/readyz']) {
    const { message } = await client.call(path, { ':method': 'GET', 'content-type': 'text/plain' }).ended;
    assert.match(message, /^HTTP status 4\d\d$/, path);
  }
  assert.deepEqual((await client.sotw().requestResponseAck(typeUrls.listener, ['orders'])).names, ['orders']);
});

test('files that are swapped by a link, as a Secret is, are taken up and open streams stay', async (t) => {
  const volume = temporaryFolder(t);
  const generation = (name: string, certificate: Certificate) => {
    mkdirSync(join(volume, name));
    writeFiles(join(volume, name), certificate);
  };
  generation('..1', serverCertificate);
  symlinkSync('..1', join(volume, '..data'));
  for (const file of ['tls.crt', 'tls.key', 'ca.crt']) symlinkSync(join('..data', file), join(volume, file));
  const { port, connect, lines, metric } = await startControlPlane(t, { files: volume });
  const before = await serialNow(port);
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(typeUrls.listener, ['orders']);

  generation('..2', authority.issue(serverSpec));
  symlinkSync('..2', join(volume, '..data_tmp'));
  renameSync(join(volume, '..data_tmp'), join(volume, '..data'));
  await until(() => lines.some(({ msg }) => String(msg).startsWith('new certificates are in force')));
  assert.notEqual(await serialNow(port), before);
  assert.ok(await metric(/^evenkeel_tls_reloads_total\{result="done"\} 1$/m));
  assert.deepEqual((await ads.requestResponseAck(typeUrls.listener, ['orders.shop'])).names, ['orders.shop']);
});

test('authorities that are replaced count for the next connection', async (t) => {
  const { folder, port, lines, connect } = await startControlPlane(t);
  const open = (await connect()).sotw();
  const other = new TestAuthority('the next one');
  writeFileSync(join(folder, 'ca.crt'), other.cert);
  await until(() => lines.some(({ msg }) => String(msg).startsWith('new certificates are in force')));
  await refused(port, clientCertificate);
  await until(() => lines.some(({ reason }) => reason === 'unknown_authority'));
  const served = (await connect(other.issue(clientSpec))).sotw();
  assert.deepEqual((await served.requestResponseAck(typeUrls.listener, ['orders'])).names, ['orders']);
  assert.deepEqual((await open.requestResponseAck(typeUrls.listener, ['orders'])).names, ['orders']);
});

test('a new certificate that cannot be used leaves the one before in force, and says so', async (t) => {
  const { controlPlane, folder, port, lines, metric, connect } = await startControlPlane(t);
  const before = await serialNow(port);
  const ads = (await connect()).sotw();
  const failures = () => lines.filter(({ msg }) => String(msg).startsWith('the new certificates cannot be used'));

  writeCertificate(folder, 'tls', authority.issue({ ...serverSpec, notAfterMs: -60_000 }));
  await until(() => failures().length === 1);
  assert.match(JSON.stringify(failures()[0]), /EK_TLS_CERTIFICATE.*expired at/);
  assert.match(controlPlane.readiness().degraded[0]!, /new certificates are not in force: .*expired at/);
  assert.equal(controlPlane.readiness().ready, true);
  assert.ok(await metric(/^evenkeel_tls_reloads_total\{result="failed"\} 1$/m));
  assert.equal(await serialNow(port), before);
  assert.deepEqual((await ads.requestResponseAck(typeUrls.listener, ['orders'])).names, ['orders']);

  writeFileSync(join(folder, 'tls.key'), 'nonsense');
  await until(() => failures().length === 2);
  rmSync(join(folder, 'tls.crt'));
  await until(() => failures().length === 3);
  assert.equal(await serialNow(port), before);

  writeCertificate(folder, 'tls', authority.issue(serverSpec));
  await until(() => controlPlane.readiness().degraded.length === 0);
  assert.notEqual(await serialNow(port), before);
});

test('at the start a certificate that cannot be used is an error that names the file', async (t) => {
  const cases: [string, (folder: string) => void, RegExp][] = [
    ['EK_FILE_READ', (folder) => rmSync(join(folder, 'tls.key')), /tls\.key/],
    ['EK_TLS_CERTIFICATE', (folder) => writeFileSync(join(folder, 'tls.crt'), 'x'), /tls\.crt .*no certificate/],
    [
      'EK_TLS_CERTIFICATE',
      (folder) => writeCertificate(folder, 'tls', { ...serverCertificate, key: clientCertificate.key }),
      /tls\.key .*not the key of the certificate/,
    ],
    ['EK_TLS_CERTIFICATE', (folder) => writeFileSync(join(folder, 'ca.crt'), ''), /ca\.crt .*no certificate/],
    [
      'EK_TLS_CERTIFICATE',
      (folder) => writeFiles(folder, authority.issue({ ...serverSpec, notBeforeMs: 60_000 })),
      /not valid before/,
    ],
  ];
  for (const [code, spoil, message] of cases) {
    const files = temporaryFolder(t);
    writeFiles(files, serverCertificate);
    spoil(files);
    await assert.rejects(startControlPlane(t, { files }), { code, message });
  }
});
