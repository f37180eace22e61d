// The probe through a real Envoy: plain, with TLS, with connections that end after so many requests, with pages of HTML.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { findEnvoy } from '../src/base/find-envoy.ts';
import { TestAuthority, writeCertificate } from '../src/controlplane/testing/certificates.ts';
import { probeReportSchema } from '../src/probe/measure/report.ts';
import { buildServer } from './probe/build-server.ts';
import { type EnvoyProxyOptions, startEnvoyProxy } from './probe/envoy-proxy.ts';
import { evenkeel, missing, probe } from './probe/run-probe.ts';
import { type StartedServer, startServer } from './probe/start-server.ts';

const engines = ['channel', 'wire'];
const timeout = 240_000;

suite('behind Envoy', { timeout }, () => {
  let server: string | undefined;
  let envoy: string | undefined;
  const servers: StartedServer[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-interop-probe-'));
  before(async () => {
    envoy = await findEnvoy();
    server = await buildServer().catch((error: unknown) => {
      console.error(`the Go server could not be built: ${error}`);
      return undefined;
    });
  });
  after(async () => {
    await Promise.all(servers.map((one) => one.stop()));
    rmSync(folder, { recursive: true });
  });

  const startServers = async (...names: string[]): Promise<StartedServer[]> => {
    const started = await Promise.all(names.map((name) => startServer(server!, ['--header', `x-served-by=${name}`])));
    servers.push(...started);
    return started;
  };
  /** The proxy's address; undefined: the test is skipped. */
  const proxyFor = async (t: TestContext, options: Partial<EnvoyProxyOptions>): Promise<string | undefined> => {
    if (server === undefined || envoy === undefined) {
      missing(t, 'there is no Go or no Envoy');
      return undefined;
    }
    const proxy = await startEnvoyProxy(envoy, { servers: await startServers('a', 'b', 'c'), ...options });
    t.after(() => proxy.stop());
    return proxy.address;
  };

  test('a header tells backends apart, by both engines', async (t) => {
    const address = await proxyFor(t, {});
    if (address === undefined) return;
    for (const engine of engines) {
      const report = await probe(address, '--engine', engine, '--backends', '3', '--calls', '120');
      const seen = [report.identifier.by, report.verdict, report.failed];
      assert.deepEqual(seen, ['header:x-served-by', 'balanced', 0], `${engine} ${JSON.stringify(report.backends)}`);
    }
  });

  test('where no answer says who gave it, nothing is claimed', async (t) => {
    if (server === undefined || envoy === undefined) return missing(t, 'there is no Go or no Envoy');
    const three = await Promise.all([1, 2, 3].map(() => startServer(server!, [])));
    servers.push(...three);
    const proxy = await startEnvoyProxy(envoy, { servers: three });
    t.after(() => proxy.stop());
    for (const engine of engines) {
      const report = await probe(proxy.address, '--engine', engine, '--backends', '3', '--calls', '120');
      assert.deepEqual([report.identifier.by, report.verdict], ['peer', 'inconclusive'], engine);
    }
  });

  test('TLS with an address in its certificate, and with a name; what does not fit is said', async (t) => {
    const authority = new TestAuthority();
    const ca = join(folder, 'ca.crt');
    const other = join(folder, 'other.crt');
    writeFileSync(ca, authority.cert);
    writeFileSync(other, new TestAuthority('another').cert);
    const byAddress = writeCertificate(folder, 'ip', authority.issue({ ips: ['127.0.0.1'] }));
    const byName = writeCertificate(folder, 'name', authority.issue({ dns: ['orders.shop'] }));
    const address = await proxyFor(t, { tls: byAddress });
    if (address === undefined) return;
    const named = (await proxyFor(t, { tls: byName }))!;
    for (const engine of engines) {
      const call = ['--engine', engine, '--calls', '60', '--backends', '3'];
      const report = await probe(address, ...call, '--ca', ca);
      assert.deepEqual([report.verdict, report.failed], ['balanced', 0], engine);
      const alsoNamed = await probe(named, ...call, '--ca', ca, '--server-name', 'orders.shop');
      assert.deepEqual([alsoNamed.verdict, alsoNamed.failed], ['balanced', 0], engine);
      for (const [flags, why] of [
        [[named, '--ca', ca], /orders\.shop/],
        [[address, '--ca', other], /certificate/],
        [[address], /HTTP\/2|TLS|closed|reset/],
      ] as const) {
        const { code, stderr } = await evenkeel(...flags, ...call, '--connect-timeout', '10s');
        assert.equal(code, 3, `${engine} ${flags} ${stderr}`);
        assert.match(stderr, /EK_PROBE_UNREACHABLE/, `${engine} ${flags}`);
        assert.match(stderr, why, `${engine} ${flags}`);
        assert.doesNotMatch(stderr, /^\s+at /m);
      }
    }
  });

  for (const [what, options] of [
    ['max_requests_per_connection of its listener', { requestsOfCaller: 50 }],
    ['max_requests_per_connection of its cluster', { requestsOfServer: 20 }],
    ['one request for each connection of its listener', { requestsOfCaller: 1 }],
    ['two streams at a time', { streams: 2 }],
  ] as const) {
    test(`${what}: no call of an open loop or of 200 callers is lost, by both engines`, async (t) => {
      const address = await proxyFor(t, options);
      if (address === undefined) return;
      for (const engine of engines) {
        for (const load of [
          ['--rate', '200', '--calls', '400'],
          ['--concurrency', '200', '--calls', '2000'],
        ]) {
          const report = await probe(address, '--engine', engine, ...load);
          assert.equal(report.failed + report.notSent, 0, `${engine} ${load} ${JSON.stringify(report.errors)}`);
        }
      }
    });
  }

  test('pages with 502 and 503 are UNAVAILABLE, and callers do not spin on them', async (t) => {
    for (const status of [502, 503]) {
      const html = `<html><head><title>${status}</title></head></html>`;
      const address = await proxyFor(t, { page: { status, html } });
      if (address === undefined) return;
      for (const engine of engines) {
        const { code, stdout, stderr } = await evenkeel(
          ...[address, '--engine', engine, '--concurrency', '200', '--duration', '2s'],
        );
        assert.equal(code, 3, stderr);
        assert.match(stderr, new RegExp(`EK_PROBE_NO_ANSWER.*UNAVAILABLE.*${status}`), engine);
        assertCalm(stdout, engine);
      }
    }
  });

  test('servers that are gone: UNAVAILABLE with a reason, and callers do not spin', async (t) => {
    const address = await proxyFor(t, {});
    if (address === undefined) return;
    await Promise.all(servers.splice(-3).map((one) => one.stop()));
    for (const engine of engines) {
      const { code, stdout, stderr } = await evenkeel(
        ...[address, '--engine', engine, '--concurrency', '200', '--duration', '2s'],
      );
      assert.equal(code, 3, stderr);
      assert.match(stderr, /EK_PROBE_NO_ANSWER.*UNAVAILABLE.*upstream connect error/, engine);
      assertCalm(stdout, engine);
    }
  });
});

/** 200 callers for 2 s: at least a tenth of a second between two calls of a caller after its first ten. */
function assertCalm(stdout: string, engine: string): void {
  const { calls, failed, saturation } = probeReportSchema.parse(JSON.parse(stdout));
  assert.equal(failed, calls, engine);
  assert.ok(calls < 200 * (10 + 25), `${engine} made ${calls} calls`);
  // A machine that is busy is what the note says first.
  assert.match(saturation.note, /callers waited|this program was busy/, engine);
}
