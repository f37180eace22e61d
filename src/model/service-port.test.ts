import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServicePort } from './service.ts';
import { ambiguityOf, defaultPort, findPort, isGrpcPort, isHttpPort } from './service-port.ts';

/** `grpc-a:81`, `:80`, `api=http:9000`: name, `appProtocol` after `=`, number. */
function port(text: string): ServicePort {
  const [said = '', number] = text.split(/:(?=\d+$)/);
  const [name = '', appProtocol] = said.split('=');
  return { name, port: Number(number), ...(appProtocol === undefined ? {} : { appProtocol }), endpoints: [] };
}

for (const [said, speaks] of [
  ['', 'unknown'],
  ['api', 'unknown'],
  ['grpc', 'gRPC'],
  ['grpc-orders', 'gRPC'],
  ['grpc-webhook', 'gRPC'],
  ['grpcs', 'unknown'],
  ['grpc-web', 'unknown'],
  ['grpc-web-orders', 'unknown'],
  ['http', 'HTTP'],
  ['http-admin', 'HTTP'],
  ['https', 'unknown'],
  ['api=grpc', 'gRPC'],
  ['api=gRPC', 'gRPC'],
  ['api=h2c', 'gRPC'],
  ['api=kubernetes.io/h2c', 'gRPC'],
  ['api=http', 'HTTP'],
  ['api=kubernetes.io/ws', 'HTTP'],
  ['api=grpc-web', 'unknown'],
  // GKE means HTTP/2 with TLS by it, Istio without.
  ['api=http2', 'unknown'],
  ['api=https', 'unknown'],
  ['api=kubernetes.io/wss', 'unknown'],
  ['api=example.com/other', 'unknown'],
  ['grpc=http', 'HTTP'],
  ['grpc-gateway=http', 'HTTP'],
  ['grpc=https', 'unknown'],
  ['grpc=example.com/other', 'unknown'],
  ['http=grpc', 'gRPC'],
  ['grpc=', 'gRPC'],
] as const) {
  test(`a port ${said || 'without a name'} speaks ${speaks}`, () => {
    const one = port(`${said}:1`);
    assert.equal(isGrpcPort(one) ? 'gRPC' : isHttpPort(one) ? 'HTTP' : 'unknown', speaks);
  });
}

for (const [ports, chosen] of [
  ['grpc:50051', 50051],
  [':80 grpc:9000', 9000],
  [':80 api=kubernetes.io/h2c:9000', 9000],
  ['grpc:9000 grpc-web:9001', 9000],
  ['grpc-web:9001 grpc:9000', 9000],
  ['grpc:9000 grpc-gateway=http:9001', 9000],
  ['http:80 admin:81', 80],
  ['admin:81 http:80', 80],
  ['http:8080', 8080],
  ['http:8080 admin:8081', 8080],
  ['grpc-a:81 grpc-b:80', 80],
  ['grpc-a:80 grpc:81', 81],
  ['grpc-b:82 grpc-a:81', 82],
  ['', 'the Service has no port'],
] as const) {
  test(`of the ports "${ports}" a target without one means ${chosen}`, () => {
    const found = defaultPort({ ports: ports.split(' ').filter(Boolean).map(port) });
    assert.equal('reason' in found ? found.reason : found.port, chosen);
  });
}

for (const [wanted, found] of [
  [undefined, 50_051],
  ['grpc', 50_051],
  ['80', 80],
  ['http', 80],
  // It is the name of one port and the number of another.
  ['8080', 8080],
  ['81', 'the Service has no port 81'],
  ['', 'the Service has no port '],
] as const) {
  test(`a target with the port ${wanted ?? 'left out'} means ${found}`, () => {
    const ports = ['8080:9000', 'http:80', 'grpc:50051', 'admin:8080'].map(port);
    const chosen = findPort({ ports }, wanted);
    assert.equal('reason' in chosen ? chosen.reason : chosen.port, found);
  });
}

test('several gRPC ports are named, with the one that was chosen', () => {
  const said = (ports: string) => ambiguityOf({ ports: ports.split(' ').map(port) });
  assert.equal(
    said('http:80 grpc-b:82 grpc-a:81 api=h2c:83'),
    'it has several gRPC ports: a target without a port means 82 (grpc-b); name the port to reach 81 (grpc-a), 83 (api)',
  );
  assert.equal(said('http:80 grpc:81 grpc-web:82'), undefined);
  assert.equal(said('http:80 admin:81'), undefined);
});
