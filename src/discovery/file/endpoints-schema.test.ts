import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parseDocumentText } from '../../base/document.ts';
import { EvenkeelError } from '../../base/errors.ts';
import type { Service } from '../../model/service.ts';
import { endpointsSchema } from './endpoints-schema.ts';
import { servicesOf } from './services.ts';

const head = 'apiVersion: evenkeel.dev/v1\nkind: Endpoints\nservices:\n';

function read(text: string): Service[] {
  return servicesOf(parseDocumentText(text, endpointsSchema, 'e.yaml'));
}

function errorOf(services: string): EvenkeelError {
  try {
    read(head + services);
  } catch (error) {
    assert.ok(error instanceof EvenkeelError);
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('the file that ARCHITECTURE.md shows is read in full', () => {
  const page = readFileSync(resolve(import.meta.dirname, '..', '..', '..', 'ARCHITECTURE.md'), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(page)![1]!.replace(/^ {2}/gm, '');
  const [service, ...others] = read(example);
  assert.equal(others.length, 0);
  assert.deepEqual(service, {
    namespace: 'default',
    name: 'be1-srv',
    ports: [
      {
        port: 50051,
        name: 'grpc',
        appProtocol: 'grpc',
        endpoints: [
          {
            address: '127.30.1.4',
            port: 50051,
            conditions: { ready: true, serving: true, terminating: false },
            locality: { region: 'region-1', zone: 'zone-a', subZone: '' },
            weight: 1,
            kubeNode: 'node-1',
            pod: 'be1-6b7fb94bfb-hf6zv',
          },
        ],
      },
    ],
    policy: { healthCheck: { protocol: 'grpc', grpcService: 'echo.EchoServer' } },
  });
});

test('what is left out has a sensible value', () => {
  const [service] = read(
    `${head}  - { name: a, ports: [{ port: 80, targetPort: 8080 }], endpoints: [{ address: 127.0.0.2 },
      { address: 127.0.0.1, terminating: true }, { address: 127.0.0.3, serving: false }] }`,
  );
  assert.equal(service?.namespace, 'default');
  assert.deepEqual(service?.policy, { healthCheck: undefined });
  const [port] = service!.ports;
  assert.deepEqual([port?.name, port?.port], ['', 80]);
  assert.deepEqual(
    port?.endpoints.map(({ address, port, conditions }) => `${address}:${port} ${conditions.ready}`),
    ['127.0.0.1:8080 false', '127.0.0.2:8080 true', '127.0.0.3:8080 false'],
  );
});

test('trafficDistribution is policy, as an annotation or an entry of the configuration would say it', () => {
  const ofFile = (value: string) =>
    read(`${head}  - { name: a, ports: [{ port: 1 }], endpoints: [], trafficDistribution: ${value} }`)[0]!.policy;
  assert.equal(ofFile('PreferClose').trafficDistribution, 'PreferClose');
  assert.equal(ofFile('none').trafficDistribution, undefined);
  assert.match(
    errorOf('  - { name: a, ports: [], endpoints: [], trafficDistribution: Near }').message,
    /must be PreferSameZone, PreferClose, PreferSameNode or none/,
  );
});

test('every endpoint serves every port', () => {
  const [service] = read(
    `${head}  - { name: a, ports: [{ name: x, port: 1 }, { name: y, port: 2 }], endpoints: [{ address: "::1" }] }`,
  );
  assert.deepEqual(
    service?.ports.map(({ endpoints }) => endpoints.map(({ address, port }) => `${address} ${port}`)),
    [['::1 1'], ['::1 2']],
  );
});

test('a Service that is given twice is named with both places', () => {
  const error = errorOf(
    '  - { name: a, ports: [], endpoints: [] }\n  - { namespace: default, name: a, ports: [], endpoints: [] }\n',
  );
  assert.equal(error.code, 'EK_DUPLICATE_SERVICE');
  assert.equal(
    error.message,
    'the Service default/a is given twice; the first one is at e.yaml:4:5, field services[0]',
  );
  assert.deepEqual(error.location, { file: 'e.yaml', line: 5, column: 5, field: 'services[1]' });
});

test('an address that is given twice is named with both places, however it is spelt', () => {
  const error = errorOf(
    '  - name: a\n    ports: []\n    endpoints:\n      - { address: "::1" }\n      - { address: "0:0:0:0:0:0:0:1" }\n',
  );
  assert.equal(error.code, 'EK_DUPLICATE_ENDPOINT');
  assert.match(error.message, /default\/a has the address 0:0:0:0:0:0:0:1 twice; .*e\.yaml:7:9/);
  assert.equal(error.location.line, 8);
});

test('what clients would reject is refused here', () => {
  const cases: [endpoint: string, message: RegExp][] = [
    ['{ address: pod-1.test }', /IPv4 or IPv6 literal/],
    ['{ address: "fe80::1%eth0" }', /IPv4 or IPv6 literal/],
    ['{ address: 127.0.0.1, weight: 0 }', /1 to 65535/],
    ['{ address: 127.0.0.1, wieght: 1 }', /unknown field "wieght"/],
  ];
  for (const [endpoint, message] of cases) {
    assert.match(errorOf(`  - { name: a, ports: [], endpoints: [${endpoint}] }`).message, message);
  }
});

test('ports that cannot be told apart are refused', () => {
  const ports: [string, RegExp][] = [
    ['{ name: x, port: 1 }, { name: y, port: 1 }', /has port 1 twice; the first one is at e\.yaml:4/],
    ['{ name: x, port: 1 }, { name: x, port: 2 }', /two ports named "x"/],
    ['{ port: 1 }, { port: 2 }', /two ports named ""/],
    ['{ port: 65536 }', /1 to 65535/],
    ['{ name: Grpc, port: 1 }', /DNS label/],
  ];
  for (const [text, message] of ports) {
    assert.match(errorOf(`  - { name: a, ports: [${text}], endpoints: [] }`).message, message);
  }
});

test('an address that no client can reach is a mistake', () => {
  for (const address of [
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '169.254.1.1',
    '"::"',
    '"fe80::1"',
    '"::ffff:10.0.0.1"',
  ]) {
    const error = errorOf(`  - { name: a, ports: [{ port: 1 }], endpoints: [{ address: ${address} }] }\n`);
    assert.equal(error.code, 'EK_CONFIG_INVALID', address);
    assert.match(error.message, /is no address of an endpoint/, address);
    assert.equal(error.location.field, 'services[0].endpoints[0].address');
  }
});
