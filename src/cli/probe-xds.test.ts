import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Output, outputOf } from '../base/testing/output-of.ts';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { ServeProcess } from '../controlplane/testing/serve-process.ts';
import { probeReportSchema } from '../probe/measure/report.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** All endpoints of a Service have one port, so the second is asked for the first's, at another address. */
async function startPod(name: string, host: string, port: number): Promise<{ child: ChildProcess; port: number }> {
  const flags = ['workload', 'be1-srv', '--host', host, '--port', String(port), '--admin-port', '0'];
  const child = spawn(process.execPath, [main, ...flags], {
    env: { ...process.env, POD_NAME: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, port: Number((JSON.parse(line) as { grpc: string }).grpc.split(':')[1]) };
}

test("xds:/// is balanced over what the client's own control plane gave it", { timeout: 240_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-probe-xds-'));
  const first = await startPod('pod-a', '127.0.0.1', 0);
  const pods = [first, await startPod('pod-b', '127.0.0.2', first.port)];
  const endpoints = join(folder, 'endpoints.json');
  const service = {
    namespace: 'default',
    name: 'be1-srv',
    ports: [{ name: 'grpc', port: 50_051, targetPort: first.port, appProtocol: 'grpc' }],
    endpoints: ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, ready: true })),
  };
  writeFileSync(endpoints, JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services: [service] }));
  const serve = new ServeProcess([
    '--endpoints',
    endpoints,
    '--xds-listen',
    '127.0.0.1:0',
    '--admin-listen',
    '127.0.0.1:0',
  ]);
  t.after(async () => {
    for (const { child } of pods) child.kill('SIGKILL');
    await serve.end('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  const { xds } = await serve.listening();
  await serve.ready();

  const probe = async (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Output> => {
    const { GRPC_XDS_BOOTSTRAP: _file, GRPC_XDS_BOOTSTRAP_CONFIG: _text, ...inherited } = process.env;
    const patient = ['--connect-timeout', '60s', '--deadline', '60s', '--warmup', '0', '--json'];
    const child = spawn(process.execPath, [main, 'probe', 'xds:///be1-srv', ...patient, ...args], {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return outputOf(child);
  };
  const bootstrap = JSON.stringify(clientBootstrap({ server: xds, nodeId: 'probe', namespace: 'default' }));
  const { code, stdout, stderr } = await probe({ GRPC_XDS_BOOTSTRAP_CONFIG: bootstrap }, '--calls', '60');
  assert.equal(code, 0, stderr);
  const report = probeReportSchema.parse(JSON.parse(stdout));
  assert.deepEqual([report.backends.source, report.backends.expected, report.verdict], ['xds', 2, 'balanced']);
  assert.equal(report.conditions.policy, 'xds');

  const lost = await probe({});
  assert.deepEqual([lost.code, /EK_USAGE.*GRPC_XDS_BOOTSTRAP/.test(lost.stderr)], [2, true], lost.stderr);
});
