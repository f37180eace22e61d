// What the image promises, seen from a pod inside: who it runs as, what it may write, what it lacks, how it ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutCluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';
import { Namespace } from './support/namespace.ts';

const skip = withoutCluster();

test('the image', { skip }, async (t) => {
  const here = await Namespace.create(t, 'image');
  await here.kubectl(['wait', '--for=condition=Ready', 'pod/caller', '--timeout=120s']);

  await t.test('runs as 65532, and no file can be written', async () => {
    const look = `
      import { accessSync, constants, readFileSync } from 'node:fs';
      const writable = ['/', '/app', '/app/dist', '/etc', '/home', '/usr', '/tmp'].filter((path) => {
        try { accessSync(path, constants.W_OK); return true; } catch { return false; }
      });
      const first = readFileSync('/proc/1/cmdline', 'utf8').split('\\0')[0];
      console.log(JSON.stringify({ uid: process.getuid(), gid: process.getgid(), writable, first }));`;
    assert.deepEqual(JSON.parse(await here.script(look, '')), {
      uid: 65_532,
      gid: 65_532,
      writable: [],
      first: '/nodejs/bin/node',
    });
  });

  await t.test('has no shell', async () => {
    for (const shell of ['/bin/sh', '/bin/bash', '/bin/busybox']) {
      await assert.rejects(here.kubectl(['exec', 'caller', '--', shell, '-c', 'true']), /no such file or directory/);
    }
  });

  await t.test('as process 1 it ends by itself on SIGTERM, with exit code 0', async () => {
    // The whole container ends, and with it may end who sent the signal.
    await here.script("process.kill(1, 'SIGTERM')", '').catch(() => {});
    const { terminated } = await until(
      'it has ended',
      async () => (await here.get('pod', 'caller')).status.containerStatuses[0].state,
      (state) => state.terminated !== undefined,
    );
    assert.equal(terminated.exitCode, 0);
  });
});
