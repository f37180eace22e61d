import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startControlPlane } from '../explain/testing/control-plane.ts';
import { runCli } from './testing/run-cli.ts';

test('doctor says what is wrong, and the exit code whether something is', async (t) => {
  const { tell, xds, admin } = await startControlPlane(t);
  tell.synced();
  const local = ['doctor', '--no-kubernetes', '--admin', admin, '--json'];
  const { code, stdout, stderr } = await runCli(...local, '--server', xds);
  const { findings } = JSON.parse(stdout) as { findings: { check: string; severity: string; text: string }[] };
  assert.ok(
    findings.some(({ check, severity }) => check === 'server' && severity === 'ok'),
    stdout + stderr,
  );
  // The control plane of the test is another version.
  assert.equal(code, 1);
  const text = await runCli('doctor', '--no-kubernetes', '--admin', admin, '--server', '127.0.0.1:1');
  assert.equal(text.code, 1);
  assert.match(text.stdout, /^fault {4}127\.0\.0\.1:1 cannot be connected to: /);
  const usage = await runCli(...local, '--server', 'nowhere');
  assert.equal(usage.code, 2);
  assert.match(usage.stderr, /EK_USAGE/);
});
