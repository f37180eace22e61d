import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Cluster_DiscoveryType, ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { type EncodedResource, fromAny, SnapshotCache, typeUrls } from '../index.ts';
import { assignment, cluster } from '../testing/fixture.ts';
import { endpointsNameOf, referencesOf, routeNamesOf } from './references.ts';

const { cluster: cds, endpoint: eds, listener: lds, route: rds } = typeUrls;

function encoded<M extends DescMessage>(typeUrl: string, schema: M, message: MessageInitShape<M>): EncodedResource {
  return fromAny({ typeUrl, value: toBinary(schema, create(schema, message)) });
}

/** `route a`, without the packages of the types. */
const told = (resource: EncodedResource): string[] =>
  referencesOf(resource).map(({ typeUrl, name }) => `${typeUrl.split('.').at(-1)} ${name}`);

const routes = (name: string, ...clusters: string[]) => ({
  name,
  virtualHosts: [
    {
      routes: [
        ...clusters.map((cluster) => ({
          action: {
            case: 'route' as const,
            value: { clusterSpecifier: { case: 'cluster' as const, value: cluster } },
          },
        })),
        { action: { case: 'redirect' as const, value: {} } },
        { action: { case: 'route' as const, value: {} } },
      ],
    },
  ],
});

const manager = (routeSpecifier: MessageInitShape<typeof HttpConnectionManagerSchema>['routeSpecifier']) =>
  anyPack(HttpConnectionManagerSchema, create(HttpConnectionManagerSchema, { routeSpecifier }));
const byRds = (routeConfigName: string) => manager({ case: 'rds', value: { routeConfigName } });
const inline = (...clusters: string[]) => manager({ case: 'routeConfig', value: routes('inline', ...clusters) });
const chain = (value: ReturnType<typeof manager>) => ({
  filters: [{ configType: { case: 'typedConfig' as const, value } }, { name: 'not typed' }],
});

test('an EDS cluster points at its assignment, one of another kind at nothing', () => {
  const edsClusterConfig = { serviceName: 'assigned' };
  const type = { case: 'type' as const, value: Cluster_DiscoveryType.EDS };
  const own = { case: 'clusterType' as const, value: { name: 'envoy.clusters.aggregate' } };
  const named = encoded(cds, ClusterSchema, { name: 'a', clusterDiscoveryType: type, edsClusterConfig });
  const unnamed = encoded(cds, ClusterSchema, { name: 'a', clusterDiscoveryType: type, edsClusterConfig: {} });
  assert.deepEqual([told(named), told(unnamed)], [['ClusterLoadAssignment assigned'], ['ClusterLoadAssignment a']]);
  for (const other of [
    { name: 'a', clusterDiscoveryType: own, edsClusterConfig },
    { name: 'a', clusterDiscoveryType: type },
  ]) {
    const resource = encoded(cds, ClusterSchema, other);
    assert.deepEqual([told(resource), endpointsNameOf(resource)], [[], undefined]);
  }
  assert.equal(endpointsNameOf(named), 'assigned');
  assert.deepEqual(told(assignment('a')), []);
});

test('a route configuration points at each of its clusters once', () => {
  const weighted = { case: 'weightedClusters' as const, value: { clusters: [{ name: 'b' }, { name: 'c' }] } };
  const message = routes('r', 'a', 'b', 'a');
  message.virtualHosts[0]!.routes.push({ action: { case: 'route', value: { clusterSpecifier: weighted as never } } });
  const resource = encoded(rds, RouteConfigurationSchema, message);
  assert.deepEqual(told(resource), ['Cluster a', 'Cluster b', 'Cluster c']);
  assert.equal(referencesOf(resource), referencesOf(resource), 'it is read once');
});

test('a listener points at what its API listener and all of its chains lead to', () => {
  const resource = encoded(lds, ListenerSchema, {
    name: 'l',
    apiListener: { apiListener: byRds('api') },
    filterChains: [chain(inline('a'))],
    defaultFilterChain: chain(byRds('default')),
  });
  assert.deepEqual(told(resource), ['RouteConfiguration api', 'Cluster a', 'RouteConfiguration default']);
  assert.deepEqual(routeNamesOf(resource), ['api', 'default']);
  const other = { typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy' };
  const tcp = encoded(lds, ListenerSchema, {
    name: 'tcp',
    filterChains: [
      { filters: [{ configType: { case: 'typedConfig', value: { ...other, value: new Uint8Array() } } }] },
      chain(manager({ case: undefined })),
    ],
  });
  assert.deepEqual(told(tcp), []);
});

test('bytes that are no message have no names, and are an error where somebody asks for references', () => {
  for (const typeUrl of [cds, lds]) {
    const broken = fromAny({ typeUrl, value: Uint8Array.of(0x0a, 0x7f) }, { name: 'a' });
    assert.deepEqual([endpointsNameOf(broken), routeNamesOf(broken)], [undefined, []]);
    assert.throws(() => referencesOf(broken));
  }
});

test('a view has a type where its own layers or the shared one have it', () => {
  const cache = new SnapshotCache();
  cache.set(cluster('a'));
  cache.set(assignment('a'), { group: 'g' });
  assert.deepEqual(cache.groups(), ['g']);
  const has = (group: string) => [cds, eds, lds].map((typeUrl) => cache.view(group).hasType(typeUrl));
  assert.deepEqual(
    [has('g'), has('other')],
    [
      [true, true, false],
      [true, false, false],
    ],
  );
});
