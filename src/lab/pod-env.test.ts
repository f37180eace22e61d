import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expand, podEnvironment, serviceVariables } from './pod-env.ts';
import type { ServiceRecord } from './records.ts';

const pod = {
  name: 'a-1',
  namespace: 'default',
  ip: '127.30.1.1',
  kubeNode: 'node-1',
  zone: 'zone-a',
  region: 'region-1',
};

function service(name: string, namespace: string, clusterIp: string | undefined): ServiceRecord {
  const port = (portName: string, number: number, boundPort: number) => ({
    name: portName,
    port: number,
    boundPort,
    shifted: number !== boundPort,
    targetPort: 8000,
    address: `${clusterIp}:${boundPort}`,
  });
  const ports = [port('http', 80, 8080), port('grpc-api', 9000, 9000)];
  return {
    name,
    namespace,
    dnsName: `${name}.${namespace}.svc.cluster.local`,
    headless: clusterIp === undefined,
    clusterIp,
    ports,
  };
}

test('a Service becomes the variables that Kubernetes makes of it, with the port that works', () => {
  assert.deepEqual(serviceVariables(service('be1-srv', 'default', '127.30.200.1')), {
    BE1_SRV_SERVICE_HOST: '127.30.200.1',
    BE1_SRV_SERVICE_PORT: '8080',
    BE1_SRV_SERVICE_PORT_HTTP: '8080',
    BE1_SRV_SERVICE_PORT_GRPC_API: '9000',
    BE1_SRV_PORT: 'tcp://127.30.200.1:8080',
    BE1_SRV_PORT_8080_TCP: 'tcp://127.30.200.1:8080',
    BE1_SRV_PORT_8080_TCP_PROTO: 'tcp',
    BE1_SRV_PORT_8080_TCP_PORT: '8080',
    BE1_SRV_PORT_8080_TCP_ADDR: '127.30.200.1',
    BE1_SRV_PORT_9000_TCP: 'tcp://127.30.200.1:9000',
    BE1_SRV_PORT_9000_TCP_PROTO: 'tcp',
    BE1_SRV_PORT_9000_TCP_PORT: '9000',
    BE1_SRV_PORT_9000_TCP_ADDR: '127.30.200.1',
  });
  assert.deepEqual(serviceVariables(service('be1-srv', 'default', undefined)), {});
});

test('a pod sees the Services of its own namespace, and its own variables win', () => {
  const services = [service('near', 'default', '127.30.200.1'), service('far', 'shop', '127.30.200.2')];
  const own = { POD_NAME: 'other', URL: 'http://$(POD_IP):$(NEAR_SERVICE_PORT)/$(NOBODY)' };
  const env = podEnvironment(pod, services, '127.30.0.10:53', own);
  assert.equal(env.NEAR_SERVICE_HOST, '127.30.200.1');
  assert.equal(env.FAR_SERVICE_HOST, undefined);
  assert.equal(env.POD_NAME, 'other');
  assert.equal(env.HOSTNAME, 'a-1');
  assert.equal(env.NODE_NAME, 'node-1');
  assert.equal(env.EVENKEEL_DNS, '127.30.0.10:53');
  assert.equal(env.URL, 'http://127.30.1.1:8080/$(NOBODY)');
});

test("of the person's environment only what programs need is passed on", (t) => {
  process.env.SECRET_OF_SOMEBODY = 'x';
  t.after(() => delete process.env.SECRET_OF_SOMEBODY);
  const env = podEnvironment(pod, [], '127.30.0.10:53', {});
  assert.equal(env.PATH, process.env.PATH);
  assert.equal(env.SECRET_OF_SOMEBODY, undefined);
});

test('$$(VAR) is not expanded', () => {
  assert.equal(expand('$(A) $$(A) $A', { A: '1' }), '1 $(A) $A');
});
