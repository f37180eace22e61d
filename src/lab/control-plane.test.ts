import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, startLab, testPod } from './testdata/start.ts';

test('the control plane follows the pods, by the endpoint file and by DNS', async (t) => {
  const lab = await startLab(t, { dnsTtlSeconds: 1 });
  await lab.createService({
    name: 'web-srv',
    headless: true,
    selector: ['web'],
    ports: [{ name: 'grpc', port: 8080, appProtocol: 'grpc' }],
  });
  lab.createDeployment({ name: 'web', replicas: 2, template: testPod() });
  const [pushed, polled] = await Promise.all([
    lab.deployControlPlane({ mode: 'file' }),
    lab.deployControlPlane({
      name: 'by-dns',
      mode: 'dns',
      config: { services: [{ serviceName: 'web-srv', namespace: 'default', portName: 'grpc', protocol: 'tcp' }] },
      args: ['--dns-min-interval-ms', '50', '--dns-max-interval-ms', '100'],
    }),
  ]);
  await Promise.all([lab.ready('web'), lab.ready(pushed.deployment), lab.ready(polled.deployment)]);

  /** Asks until the dump names exactly the pods that exist. */
  const follows = async (adminAddress: string): Promise<void> => {
    for (let tried = 0; ; tried++) {
      const dump = await get(adminAddress, '/config_dump');
      const named = new Set(dump.match(/127\.\d+\.1\.\d+/g));
      const wanted = lab.pods('web').map(({ ip }) => ip);
      if (named.size === wanted.length && wanted.every((ip) => named.has(ip))) return;
      assert.ok(tried < 600, `the dump has ${[...named]}, the pods are ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await Promise.all([follows(pushed.adminAddress), follows(polled.adminAddress)]);
  lab.scale('web', 4);
  await lab.ready('web');
  await Promise.all([follows(pushed.adminAddress), follows(polled.adminAddress)]);

  // Killed, it comes back at the same address and knows what happened meanwhile.
  lab.kill(lab.pods(pushed.deployment)[0]!.name);
  lab.scale('web', 1);
  await lab.settled('web');
  await lab.waitFor('the restart', () => lab.pods(pushed.deployment)[0]!.restarts === 1);
  await lab.ready(pushed.deployment);
  await Promise.all([follows(pushed.adminAddress), follows(polled.adminAddress)]);
});
