import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { Cluster_DiscoveryType, ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { ListenerSchema } from '@evenkeel/xds/gen/envoy/config/listener/v3/listener_pb';
import { type RouteConfiguration, RouteConfigurationSchema } from '@evenkeel/xds/gen/envoy/config/route/v3/route_pb';
import { HttpConnectionManagerSchema } from '@evenkeel/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb';
import { xdsEndpoints } from './xds-endpoints.ts';

type Routes = MessageInitShape<typeof RouteConfigurationSchema>['virtualHosts'];

const call = { target: 'orders.shop:80', path: '/shop.Orders/Get' };

function listener(name: string, routeConfigName: string): Any {
  const manager = create(HttpConnectionManagerSchema, {
    routeSpecifier: { case: 'rds', value: { routeConfigName } },
  });
  return anyPack(
    ListenerSchema,
    create(ListenerSchema, { name, apiListener: { apiListener: anyPack(HttpConnectionManagerSchema, manager) } }),
  );
}

function routes(name: string, virtualHosts: Routes): Any {
  const config: RouteConfiguration = create(RouteConfigurationSchema, { name, virtualHosts: virtualHosts ?? [] });
  return anyPack(RouteConfigurationSchema, config);
}

const to = (prefix: string, cluster: string) => ({
  match: { pathSpecifier: { case: 'prefix', value: prefix } as const },
  action: {
    case: 'route',
    value: { clusterSpecifier: { case: 'cluster', value: cluster } as const },
  } as const,
});

function cluster(name: string, type: Cluster_DiscoveryType = Cluster_DiscoveryType.EDS): Any {
  const discovery = { case: 'type', value: type } as const;
  return anyPack(ClusterSchema, create(ClusterSchema, { name, clusterDiscoveryType: discovery }));
}

/** Endpoints by priority; a locality may have a weight of 0. */
function assignment(
  clusterName: string,
  ...localities: [priority: number, addresses: string[], weight?: number][]
): Any {
  const endpoints = localities.map(([priority, addresses, weight = 1]) => ({
    ...{ priority, loadBalancingWeight: weight },
    lbEndpoints: addresses.map((address) => ({
      hostIdentifier: {
        case: 'endpoint',
        value: {
          address: {
            address: {
              case: 'socketAddress',
              value: { address, portSpecifier: { case: 'portValue', value: 1 } },
            },
          },
        },
      } as const,
    })),
  }));
  return anyPack(ClusterLoadAssignmentSchema, create(ClusterLoadAssignmentSchema, { clusterName, endpoints }));
}

test('clusters of other routes, hosts and listeners are none of the target', () => {
  const resources = [
    listener('orders.shop:80', 'orders'),
    listener('carts', 'carts'),
    routes('orders', [
      { domains: ['*'], routes: [to('', 'anywhere')] },
      { domains: ['*.shop:80'], routes: [to('/shop.Carts/', 'carts'), to('/shop.Orders/', 'orders'), to('', 'rest')] },
    ]),
    routes('carts', [{ domains: ['*'], routes: [to('', 'carts')] }]),
    ...['anywhere', 'carts', 'orders', 'rest'].flatMap((name, index) => [
      cluster(name),
      assignment(name, [0, [`10.0.0.${index}`]]),
    ]),
  ];
  assert.deepEqual(xdsEndpoints(resources, call), ['10.0.0.2:1']);
  assert.deepEqual(xdsEndpoints(resources, { ...call, path: '/other/Method' }), ['10.0.0.3:1']);
  assert.deepEqual(xdsEndpoints(resources, { ...call, target: 'carts' }), ['10.0.0.1:1']);
  assert.deepEqual(xdsEndpoints(resources, { ...call, target: 'unknown' }), []);
});

test('the highest priority that has endpoints, without localities that have no weight', () => {
  const some = (...localities: Parameters<typeof assignment> extends [string, ...infer Rest] ? Rest : never) =>
    xdsEndpoints(
      [
        listener('orders.shop:80', 'orders'),
        routes('orders', [{ domains: ['orders.shop:80'], routes: [to('', 'orders')] }]),
        ...[cluster('orders'), assignment('orders', ...localities)],
      ],
      call,
    );
  assert.deepEqual(some([0, ['10.0.0.1']], [0, ['10.0.0.2']], [1, ['10.0.0.3']]), ['10.0.0.1:1', '10.0.0.2:1']);
  assert.deepEqual(some([0, []], [1, ['10.0.0.3']]), ['10.0.0.3:1']);
  assert.deepEqual(some([0, ['10.0.0.1'], 0], [1, ['10.0.0.3']]), ['10.0.0.3:1']);
  assert.deepEqual(some(), []);
});

test('a route with weights leads to all clusters that have some, and what is not known by EDS leaves it open', () => {
  const clusters = Object.entries({ a: 90, b: 10, c: 0 }).map(([name, weight]) => ({ name, weight }));
  const weighted = {
    match: { pathSpecifier: { case: 'path' as const, value: call.path } },
    action: {
      case: 'route' as const,
      value: { clusterSpecifier: { case: 'weightedClusters' as const, value: { clusters } } },
    },
  };
  const resources = (type?: Cluster_DiscoveryType) => [
    listener('orders.shop:80', 'orders'),
    routes('orders', [{ domains: ['*'], routes: [weighted] }]),
    ...[cluster('a'), assignment('a', [0, ['10.0.0.1']]), cluster('b', type), assignment('b', [0, ['10.0.0.2']])],
    ...[cluster('c'), assignment('c', [0, ['10.0.0.3']])],
  ];
  assert.deepEqual(xdsEndpoints(resources(), call), ['10.0.0.1:1', '10.0.0.2:1']);
  assert.equal(xdsEndpoints(resources(Cluster_DiscoveryType.LOGICAL_DNS), call), undefined);
});
