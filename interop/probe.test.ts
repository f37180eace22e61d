// The probe against services that are not ours: grpc-go, Python's grpcio and nginx.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { freePorts } from './driver/free-ports.ts';
import { buildServer } from './probe/build-server.ts';
import { evenkeel, missing, probe, root, targetOf } from './probe/run-probe.ts';
import { startNginx } from './probe/start-nginx.ts';
import { type StartedServer, startServer } from './probe/start-server.ts';

const timeout = 240_000;

suite('grpc-go with health and reflection', { timeout }, () => {
  let binary: string | undefined;
  const servers: StartedServer[] = [];
  const start = async (...args: string[]): Promise<StartedServer> => {
    const server = await startServer(binary!, args);
    servers.push(server);
    return server;
  };
  before(async () => {
    binary = await buildServer().catch((error: unknown) => {
      console.error(`the Go server could not be built: ${error}`);
      return undefined;
    });
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  test('plain servers are told apart by their addresses, by both engines', async (t) => {
    if (binary === undefined) return missing(t, 'there is no Go');
    const three = await Promise.all([start(), start(), start()]);
    for (const engine of ['channel', 'wire']) {
      const policy = engine === 'channel' ? ['--policy', 'round_robin'] : [];
      const report = await probe(targetOf(three), '--engine', engine, ...policy, '--calls', '90');
      assert.deepEqual([report.identifier.by, report.verdict, report.failed], ['peer', 'balanced', 0], engine);
    }
    assert.equal((await probe(targetOf(three), '--calls', '60')).verdict, 'pinned');
  });

  test('methods are found by reflection, and what there is instead is told', async (t) => {
    if (binary === undefined) return missing(t, 'there is no Go');
    const server = await start();
    const method = ['--method', 'grpc.reflection.v1.ServerReflection/ServerReflectionInfo'];
    const streamed = await probe(
      server.address,
      ...method,
      '--data',
      '[{"listServices":""},{"listServices":""}]',
      '--calls',
      '20',
    );
    assert.deepEqual([streamed.calls, streamed.failed], [20, 0]);
    const unknown = await evenkeel(server.address, '--method', 'shop.Orders/Get');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /"hint":"It has .*grpc\.health\.v1\.Health/);
    const silent = await start('--reflection=false');
    const refused = await evenkeel(silent.address, '--method', 'shop.Orders/Get');
    assert.match(refused.stderr, /"code":"EK_PROBE_NO_REFLECTION"/);
  });

  test('a public API is called, whose files import others for options alone', async (t) => {
    if (binary === undefined) return missing(t, 'there is no Go');
    const server = await start();
    const method = ['--method', 'google.longrunning.Operations/GetOperation', '--data', '{"name":"operations/1"}'];
    for (const engine of ['channel', 'wire']) {
      const report = await probe(server.address, ...method, '--engine', engine, '--calls', '20');
      assert.deepEqual([report.calls, report.failed], [20, 0], engine);
    }
  });

  test('a trailer that names the pod is found', async (t) => {
    if (binary === undefined) return missing(t, 'there is no Go');
    const two = await Promise.all(['a', 'b'].map((name) => start('--trailer', `pod-name=go-${name}`)));
    for (const engine of ['channel', 'wire']) {
      const policy = engine === 'channel' ? ['--policy', 'round_robin'] : [];
      const report = await probe(targetOf(two), '--engine', engine, ...policy, '--calls', '60');
      assert.deepEqual([report.identifier.by, report.identifier.found], ['trailer:pod-name', true], engine);
      assert.deepEqual(
        report.backends.list.map(({ name, calls }) => [name, calls]),
        [
          ['go-a', 30],
          ['go-b', 30],
        ],
      );
    }
  });

  test('nginx that ends connections costs no call, and its error page is UNAVAILABLE, by both engines', async (t) => {
    const nginx = spawnSync('nginx', ['-v']).status === 0;
    if (binary === undefined || !nginx) return missing(t, 'there is no Go or no nginx');
    const { address } = await start();
    const [listen, broken, nobody] = (await freePorts(3)) as [number, number, number];
    const proxy = await startNginx(
      { listen, to: address, requestsOfConnection: 50 },
      { listen: broken, to: `127.0.0.1:${nobody}`, requestsOfConnection: 1000 },
    );
    t.after(() => proxy.stop());
    for (const engine of ['channel', 'wire']) {
      for (const load of [
        ['--rate', '300', '--calls', '600'],
        ['--concurrency', '20', '--calls', '2000'],
      ]) {
        const report = await probe(`127.0.0.1:${listen}`, '--engine', engine, ...load);
        assert.equal(report.failed, 0, `${engine} ${JSON.stringify(report.errors)}`);
      }
      const { stderr } = await evenkeel(`127.0.0.1:${broken}`, '--engine', engine, '--calls', '5');
      assert.match(stderr, /EK_PROBE_NO_ANSWER.*UNAVAILABLE.*502/, engine);
    }
  });
});

suite("Python's grpcio without health and reflection", { timeout }, () => {
  const packages = join(root, 'build', 'interop', 'python');
  const folder = join(root, 'interop', 'probe', 'python');
  const proto = ['--proto', 'who.proto', '--import-path', folder];

  test('a .proto file says what it answers, and the field that names the host is found', async (t) => {
    if (!existsSync(join(packages, 'grpc')))
      return missing(t, 'grpcio is not installed (node interop/install.mjs python)');
    const start = (name: string) =>
      startServer('python3', [join(folder, 'server.py'), name], { PYTHONPATH: packages, PYTHONUNBUFFERED: '1' });
    const two = await Promise.all(['py-a', 'py-b'].map(start));
    t.after(() => Promise.all(two.map((server) => server.stop())));
    for (const method of ['Ask', 'Count']) {
      const call = ['--method', `shop.Who/${method}`, '--data', '{"text":"hi"}', ...proto];
      const report = await probe(targetOf(two), ...call, '--policy', 'round_robin', '--calls', '60');
      assert.deepEqual(
        [report.identifier.by, report.verdict, report.failed],
        ['field:hostname', 'balanced', 0],
        method,
      );
      assert.deepEqual(
        report.backends.list.map(({ name }) => name),
        ['py-a', 'py-b'],
      );
    }
    const unhealthy = await evenkeel(targetOf(two), '--calls', '5');
    assert.match(unhealthy.stderr, /EK_PROBE_METHOD.*no health service.*UNIMPLEMENTED/);
    const unknown = await evenkeel(targetOf(two), '--method', 'shop.Who/Ask');
    assert.match(unknown.stderr, /EK_PROBE_NO_REFLECTION/);
    const misfit = await evenkeel(targetOf(two), '--method', 'shop.Who/Ask', '--data', '{"text":1}', ...proto);
    assert.match(misfit.stderr, /EK_PROBE_DATA.*shop\.Question\.text/);
  });
});
