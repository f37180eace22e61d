import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf, locate, nextOf } from './discovery.ts';

const ports = { http: 8000, grpc: 50_051 };

test('the chain is A -> B -> C', () => {
  assert.deepEqual([nextOf('A'), nextOf('B'), nextOf('C')], ['B', 'C', undefined]);
});

test('what the environment does not say is null', () => {
  assert.equal(
    JSON.stringify(identityOf('A', { SERVICE_A_SERVICE_HOST: '10.0.0.1' })),
    '{"SERVICE_TYPE":"A","SERVICE_HOST":"10.0.0.1","SERVICE_PORT":null}',
  );
});

test('finds the next service by environment or by DNS', () => {
  const env = {
    SERVICE_B_SERVICE_HOST: '10.0.0.2',
    SERVICE_B_SERVICE_PORT: '80',
    SERVICE_B_SERVICE_PORT_GRPC: '50051',
  };
  assert.deepEqual(locate('B', 'env', 'http', ports, env), { address: '10.0.0.2:80' });
  assert.deepEqual(locate('B', 'env', 'grpc', ports, env), { address: '10.0.0.2:50051' });
  assert.deepEqual(locate('B', 'dns', 'http', ports, env), { address: 'service-b:8000' });
  assert.deepEqual(locate('C', 'dns', 'grpc', ports, env), { address: 'service-c:50051' });
});

test('says which variable is missing', () => {
  assert.deepEqual(locate('B', 'env', 'http', ports, {}), { missing: 'SERVICE_B_SERVICE_HOST' });
  const onlyHost = { SERVICE_B_SERVICE_HOST: '10.0.0.2', SERVICE_B_SERVICE_PORT: '80' };
  assert.deepEqual(locate('B', 'env', 'grpc', ports, onlyHost), { missing: 'SERVICE_B_SERVICE_PORT_GRPC' });
});

test('an IPv6 host goes in brackets', () => {
  const env = { SERVICE_B_SERVICE_HOST: 'fd00::2', SERVICE_B_SERVICE_PORT: '80' };
  assert.deepEqual(locate('B', 'env', 'http', ports, env), { address: '[fd00::2]:80' });
});
