// The probe against servers of three makers that end their connections at a MaxConnectionAge, with and without a short grace.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { buildServer } from './probe/build-server.ts';
import { missing, probe, root, targetOf } from './probe/run-probe.ts';
import { type StartedServer, startServer } from './probe/start-server.ts';

const timeout = 240_000;
const python = join(root, 'build', 'interop', 'python');
const java = join(root, 'build', 'interop', 'java', 'lib');

interface Maker {
  /** Undefined: it is there. */
  readonly missing: () => Promise<string | undefined>;
  readonly start: (ageMs: number, graceMs: number) => Promise<StartedServer>;
}

let goServer = '';

const makers: Readonly<Record<string, Maker>> = {
  'grpc-go': {
    missing: () =>
      buildServer().then(
        (binary) => {
          goServer = binary;
          return undefined;
        },
        (error: unknown) => `the Go server could not be built: ${error}`,
      ),
    start: (ageMs, graceMs) => startServer(goServer, ['--max-age', `${ageMs}ms`, '--max-age-grace', `${graceMs}ms`]),
  },
  'C-core (Python)': {
    missing: async () =>
      existsSync(join(python, 'grpc')) ? undefined : 'grpcio is not installed (node interop/install.mjs python)',
    start: (ageMs, graceMs) =>
      startServer('python3', [join(root, 'interop', 'probe', 'python', 'ageing_server.py'), `${ageMs}`, `${graceMs}`], {
        ...{ PYTHONPATH: python, PYTHONUNBUFFERED: '1' },
      }),
  },
  'grpc-java': {
    missing: async () =>
      existsSync(java) && spawnSync('javac', ['-version']).status === 0
        ? undefined
        : 'there is no JDK, or grpc-java is not installed (node interop/install.mjs java)',
    start: (ageMs, graceMs) =>
      startServer('java', [
        ...['-cp', join(java, '*'), join(root, 'interop', 'probe', 'java', 'AgeingServer.java')],
        ...[`${ageMs}`, `${graceMs}`],
      ]),
  },
};

for (const [name, maker] of Object.entries(makers)) {
  suite(`${name} with a MaxConnectionAge`, { timeout }, () => {
    test('costs no call, by both engines, in an open and a closed loop, and the verdict is right', async (t) => {
      const what = await maker.missing();
      if (what !== undefined) return missing(t, what);
      // Were both to leave at a time, a call could be refused twice, and gRPC tries it again only once (gRFC A6).
      const two = await Promise.all([maker.start(500, 20_000), maker.start(3_600_000, 20_000)]);
      t.after(() => Promise.all(two.map((server) => server.stop())));
      for (const engine of ['channel', 'wire']) {
        const policy = engine === 'channel' ? ['--policy', 'round_robin'] : [];
        for (const load of [
          ['--rate', '200', '--calls', '400'],
          ['--concurrency', '20', '--calls', '2000'],
        ]) {
          const report = await probe(targetOf(two), '--engine', engine, ...policy, ...load);
          const seen = [report.failed, report.notSent, report.backends.reached];
          assert.deepEqual(seen, [0, 0, 2], `${engine} ${load} ${JSON.stringify(report.errors)}`);
          // While it reconnects its share goes to the other one.
          assert.match(report.verdict, /^(balanced|skewed)$/, engine);
        }
      }
    });

    test('and a grace that is over at once: what is lost is UNAVAILABLE, with the reason, and nothing hangs', async (t) => {
      const what = await maker.missing();
      if (what !== undefined) return missing(t, what);
      const server = await maker.start(300, 1);
      t.after(() => server.stop());
      for (const engine of ['channel', 'wire']) {
        const report = await probe(server.address, '--engine', engine, '--rate', '300', '--calls', '600');
        assert.ok(report.failed < 200, `${engine} lost ${report.failed} calls`);
        assert.deepEqual(
          Object.keys(report.failures).filter((status) => status !== 'UNAVAILABLE'),
          [],
          engine,
        );
        if (report.failed > 0)
          assert.match(report.errors.UNAVAILABLE ?? '', /clos|GOAWAY|drop|reset|max connection age|refused/i, engine);
      }
    });
  });
}
