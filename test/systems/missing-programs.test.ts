import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemProcess } from '../support/system-process.ts';

test('without nginx and with an Envoy that does not start the rest of system D is up, and a line says why', async (t) => {
  const system = await SystemProcess.start('d', { EVENKEEL_NGINX: '/no/such/nginx', EVENKEEL_ENVOY: '/bin/false' });
  t.after(() => system.stop());
  const { notices, addresses } = system.ready;
  const about = (name: string) => notices.find((line) => line.startsWith(name)) ?? notices.join();
  assert.match(about('sample-service-nginx'), /^sample-service-nginx is left out: there is no nginx\. Install it/);
  assert.match(about('gateway'), /^gateway and go-l7 are left out: pod gateway-\S+ keeps ending \(exit code 1\)/);
  assert.ok(['NGINX', 'GO_L7', 'EDGE'].every((name) => !(name in addresses)));
  assert.match(await system.run('curl -s "$GO/go/sample"'), /sample-service-grpc-/);
  assert.doesNotMatch(await system.run('evenkeel lab ps'), /CrashLoopBackOff|gateway-\S+ +(yes|no)/);
});
