import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, type DescMessage, fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf';
import { type EncodedResource, SnapshotCache, typeUrls } from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { ListenerSchema } from '@evenkeel/xds/gen/envoy/config/listener/v3/listener_pb';
import { RouteConfigurationSchema } from '@evenkeel/xds/gen/envoy/config/route/v3/route_pb';
import { RouterSchema } from '@evenkeel/xds/gen/envoy/extensions/filters/http/router/v3/router_pb';
import { HttpConnectionManagerSchema } from '@evenkeel/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb';
import { HttpProtocolOptionsSchema } from '@evenkeel/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb';
import { stringify } from 'yaml';
import { z } from 'zod';
import { parseDocumentText } from '../base/document.ts';
import { toEvenkeelError } from '../base/errors.ts';
import { gatewayOf, gatewaySchema } from '../controlplane/config-gateways.ts';
import { endpointsSchema } from '../discovery/file/endpoints-schema.ts';
import { servicesOf } from '../discovery/file/services.ts';
import { type Endpoint, nowhere } from '../model/endpoint.ts';
import type { Service } from '../model/service.ts';
import { parseGatewayService, translateGateway } from './gateway.ts';
import { translateService } from './translate-service.ts';

const folder = join(import.meta.dirname, 'testdata', 'gateways');
const registry = createRegistry(HttpConnectionManagerSchema, RouterSchema, HttpProtocolOptionsSchema);
const fileSchema = z.strictObject({ gateway: gatewaySchema, services: endpointsSchema.shape.services });

function read(name: string) {
  const file = join(folder, 'in', `${name}.yaml`);
  const { gateway, services } = parseDocumentText(readFileSync(file, 'utf8'), fileSchema, file);
  return {
    gateway: gatewayOf(gateway),
    services: servicesOf({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services }),
  };
}

function render(schema: DescMessage, resources: readonly EncodedResource[]): JsonValue {
  return resources.map(({ version, bytes }) => ({
    version,
    resource: toJson(schema, fromBinary(schema, bytes), { registry }),
  }));
}

const names = readdirSync(join(folder, 'in')).map((file) => file.replace(/\.yaml$/, ''));

for (const name of names) {
  test(`the gateway of ${name} translates to what lies in testdata/gateways/out`, (t) => {
    const { gateway, services } = read(name);
    const { resources, hosts, problems } = translateGateway(gateway, services);
    const ofType = (typeUrl: string) => resources.filter((resource) => resource.typeUrl === typeUrl);
    const snapshot = (kind: string, content: unknown) =>
      t.assert.fileSnapshot(stringify(content, { lineWidth: 120 }), join(folder, 'out', `${name}.${kind}.yaml`), {
        serializers: [(text: string) => text],
      });
    snapshot('listeners', render(ListenerSchema, ofType(typeUrls.listener)));
    snapshot('routes', render(RouteConfigurationSchema, ofType(typeUrls.route)));
    snapshot('clusters', render(ClusterSchema, ofType(typeUrls.cluster)));
    snapshot('summary', { hosts, problems });
  });

  test(`the gateway of ${name} points at nothing that is not there`, () => {
    const { gateway, services } = read(name);
    const cache = new SnapshotCache({ wildcard: (group) => (group === 'gateway' ? 'own' : 'all') });
    for (const service of services) {
      const { shared, assignments } = translateService(service);
      cache.update({ set: [...shared, ...assignments.values()] });
    }
    cache.setSnapshot({ group: 'gateway', resources: translateGateway(gateway, services).resources });
    assert.deepEqual(cache.inconsistencies('gateway'), []);
  });
}

const endpoint = (address: string): Endpoint => ({
  address,
  port: 50051,
  conditions: { ready: true, serving: true, terminating: false },
  locality: nowhere,
});

function grpcService(name: string, endpoints: readonly Endpoint[] = []): Service {
  return { namespace: 'default', name, ports: [{ port: 50051, name: 'grpc', endpoints }], policy: {} };
}

const gateway = { name: 'edge', listen: { host: '127.0.0.1', port: 8080 }, namespace: 'default' };
const versions = (resources: readonly EncodedResource[]) =>
  Object.fromEntries(resources.map(({ typeUrl, name, version }) => [`${typeUrl} ${name}`, version]));

test('endpoints change nothing, and neither does the order in which Services are told', () => {
  const before = translateGateway(gateway, [grpcService('a'), grpcService('b')]);
  const after = translateGateway(gateway, [grpcService('b', [endpoint('10.0.0.1')]), grpcService('a')]);
  assert.deepEqual(versions(after.resources), versions(before.resources));
});

test('another Service changes the routes and leaves the listener alone: Envoy drains one that changes', () => {
  const before = translateGateway(gateway, [grpcService('a')]).resources;
  const after = translateGateway(gateway, [grpcService('a'), grpcService('b')]).resources;
  const version = (resources: readonly EncodedResource[], typeUrl: string) =>
    resources.find((resource) => resource.typeUrl === typeUrl)?.version;
  assert.equal(version(after, typeUrls.listener), version(before, typeUrls.listener));
  assert.notEqual(version(after, typeUrls.route), version(before, typeUrls.route));
});

test('a Service whose name could not be told apart from another host is left out', () => {
  const { hosts, problems } = translateGateway(gateway, [grpcService('a.b')]);
  assert.deepEqual({ hosts, problems }, { hosts: [], problems: [] });
});

test('a listener that Envoy would reject is an error, not a resource', () => {
  assert.throws(
    () => translateGateway({ ...gateway, listen: { host: 'localhost', port: 8080 } }, []),
    (error: unknown) => toEvenkeelError(error).code === 'EK_XDS_RESOURCE',
  );
});

test('how a Service is named in the configuration', () => {
  assert.deepEqual(parseGatewayService('default/be1-srv'), { namespace: 'default', name: 'be1-srv', port: undefined });
  assert.deepEqual(parseGatewayService('a/b:50051'), { namespace: 'a', name: 'b', port: '50051' });
  assert.deepEqual(parseGatewayService('a/b:grpc'), { namespace: 'a', name: 'b', port: 'grpc' });
  for (const text of ['', 'be1-srv', 'a/b/c', 'a/b:', '/b', 'a/', 'A/b', 'a/b:grpc:1', 'a /b', '-a/b']) {
    assert.equal(parseGatewayService(text), undefined, text);
  }
});

test('every host means the one Service that is named, also where two of its ports are', () => {
  const service: Service = {
    namespace: 'default',
    name: 'server',
    ports: [
      { port: 8080, name: 'http', endpoints: [] },
      { port: 50051, name: 'grpc', endpoints: [] },
    ],
    policy: {},
  };
  const services = ['default/server:http', 'default/server:grpc'].map((text) => parseGatewayService(text)!);
  const [both, ...others] = translateGateway({ ...gateway, services }, [service]).hosts;
  assert.ok(both!.domains.includes('*'));
  assert.equal(both!.clusters.length, 2);
  assert.ok(others.every(({ domains }) => !domains.includes('*')));
  const elsewhere = [...services, parseGatewayService('default/a')!];
  const { hosts } = translateGateway({ ...gateway, services: elsewhere }, [service, grpcService('a')]);
  assert.ok(hosts.every(({ domains }) => !domains.includes('*')));
});

test('a number means the port with that number, even where another port is called by it', () => {
  const service: Service = {
    namespace: 'default',
    name: 'server',
    ports: [
      { port: 80, name: '8080', endpoints: [] },
      { port: 8080, name: 'grpc', otherNumbers: [9090], endpoints: [] },
    ],
    policy: {},
  };
  const clustersOf = (text: string) => {
    const { hosts } = translateGateway({ ...gateway, services: [parseGatewayService(text)!] }, [service]);
    return hosts[0]?.clusters;
  };
  assert.deepEqual(clustersOf('default/server:8080'), ['default/server:8080']);
  assert.deepEqual(clustersOf('default/server:9090'), ['default/server:8080']);
  assert.deepEqual(clustersOf('default/server:80'), ['default/server:80']);
  const services = ['default/server:80', 'default/server:8080'].map((text) => parseGatewayService(text)!);
  const { hosts } = translateGateway({ ...gateway, services }, [service]);
  const byHost = hosts.flatMap(({ domains, clusters }) => domains.map((domain) => `${domain} ${clusters.join(' ')}`));
  for (const number of [8080, 9090]) assert.ok(byHost.includes(`server:${number} default/server:8080`));
});

test('ports stand in the order of their numbers, however they are named', () => {
  const ports = [50051, 80, 9090].map((port) => ({ port, name: `grpc-${port}`, endpoints: [] }));
  const service: Service = { namespace: 'default', name: 'server', ports, policy: {} };
  const { hosts } = translateGateway(gateway, [service]);
  assert.deepEqual(
    hosts.slice(1).map(({ clusters }) => clusters),
    [['default/server:80'], ['default/server:9090'], ['default/server:50051']],
  );
});

test('a number that two ports are called by is a host of one of them: Envoy rejects a domain that stands twice', () => {
  const ports = [
    { port: 8080, name: 'grpc-a', otherNumbers: [9090, 9091], endpoints: [] },
    { port: 9090, name: 'grpc-b', otherNumbers: [8080, 9091, 9092], endpoints: [] },
  ];
  const service: Service = { namespace: 'default', name: 'server', ports, policy: {} };
  const { hosts } = translateGateway(gateway, [service]);
  const numbersOf = (domains: readonly string[]) =>
    domains.filter((domain) => domain.startsWith('server:')).map((domain) => domain.slice('server:'.length));
  assert.deepEqual(
    hosts.slice(1).map(({ domains }) => numbersOf(domains)),
    [
      ['8080', '9091'],
      ['9090', '9092'],
    ],
  );
});
