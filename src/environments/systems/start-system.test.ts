import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLab } from '../../lab/testdata/start.ts';
import { startSystem } from './start-system.ts';
import { type ReferenceSystem, workload } from './system.ts';

const timeout = 240_000;
const front = { name: 'front', template: workload(['sample-nginx'], { http: 8080 }) };
const caller = { name: 'go-l7', template: workload(['sample-go'], { http: 8080 }) };
const system: ReferenceSystem = {
  title: 'a server, and what needs programs that may be missing',
  services: [
    { name: 'front', ports: [{ port: 8080 }] },
    { name: 'xds-srv', selector: ['evenkeel'], ports: [{ name: 'xds', port: 18_000 }] },
  ],
  deployments: [{ name: 'server', template: workload(['server'], { http: 8080, grpc: 50_051 }) }],
  controlPlane: { name: 'evenkeel', mode: 'file' },
  gateway: ['default/server:http'],
  callers: [front, caller],
  laterServices: [{ name: 'server', ports: [{ name: 'http', port: 8080 }] }],
  needs: { front: 'nginx', 'go-l7': 'envoy' },
  addresses: {},
  show: [],
};

test('what needs a program that is missing is left out, with a line each, and nothing else', { timeout }, async (t) => {
  const lab = await startLab(t);
  const { absent, notices } = await startSystem(lab, system, {});
  assert.deepEqual([...absent].sort(), ['front', 'gateway', 'go-l7']);
  assert.equal(notices.length, 2);
  assert.match(notices[0]!, /^gateway and go-l7 are left out: there is no Envoy\. Put envoy on PATH, .*EVENKEEL_ENVOY/);
  assert.match(notices[1]!, /^front is left out: there is no nginx\. Install it .*EVENKEEL_NGINX/);
  assert.deepEqual(
    lab.deployments().map(({ name }) => name),
    ['server', 'evenkeel'],
  );
  assert.deepEqual(
    lab.services().map(({ name }) => name),
    ['xds-srv', 'server'],
  );
});
