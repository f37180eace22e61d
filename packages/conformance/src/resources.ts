import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Cluster_DiscoveryType, ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { SocketAddressSchema } from '@evenkeel/xds/gen/envoy/config/core/v3/address_pb';
import {
  AggregatedConfigSourceSchema,
  ApiVersion,
  type ConfigSource,
  ConfigSourceSchema,
} from '@evenkeel/xds/gen/envoy/config/core/v3/config_source_pb';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { ListenerSchema } from '@evenkeel/xds/gen/envoy/config/listener/v3/listener_pb';
import { RouteConfigurationSchema } from '@evenkeel/xds/gen/envoy/config/route/v3/route_pb';
import { RouterSchema } from '@evenkeel/xds/gen/envoy/extensions/filters/http/router/v3/router_pb';
import { HttpConnectionManagerSchema } from '@evenkeel/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb';
import { SecretSchema } from '@evenkeel/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb';

/** The types that a call needs, in the order "make before break"; and secrets. */
export type Kind = (typeof kinds)[number] | 'SDS';
export const kinds = ['CDS', 'EDS', 'LDS', 'RDS'] as const;

export const typeUrlOf: Readonly<Record<Kind, string>> = {
  CDS: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  EDS: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  LDS: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  RDS: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  SDS: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
};

export function kindOf(typeUrl: string): Kind | undefined {
  return [...kinds, 'SDS' as const].find((kind) => typeUrlOf[kind] === typeUrl);
}

/** Whether a state-of-the-world response of this type is all there is, so that absence is deletion. */
export function isFullState(kind: Kind): boolean {
  return kind === 'LDS' || kind === 'CDS';
}

export interface ResourceKey {
  readonly typeUrl: string;
  readonly name: string;
}

/** A resource as a driver is given it. */
export interface Resource extends ResourceKey {
  /** The encoded message. */
  readonly value: Uint8Array;
}

/** A resource as a check compares it. */
export interface Content {
  readonly name: string;
  /** Which of the contents that the suite gave this name. */
  readonly generation: number;
  /** The cluster that a route leads to. */
  readonly target: string | undefined;
}

const ads: ConfigSource = create(ConfigSourceSchema, {
  configSourceSpecifier: { case: 'ads', value: create(AggregatedConfigSourceSchema) },
  resourceApiVersion: ApiVersion.V3,
});

const anywhere = create(SocketAddressSchema, {
  address: '127.0.0.1',
  portSpecifier: { case: 'portValue', value: 50051 },
});

const label = (generation: number): string => `generation-${generation}`;
const generationIn = (text: string | undefined): number =>
  Number(/^generation-(\d+)$/.exec(text ?? '')?.[1] ?? Number.NaN);

/**
 * A valid resource. Of one name there are many contents, told apart by their generation, in a field that no server has a
 * reason to touch; what it leads to has the same name, unless another one is given.
 */
export function resource(kind: Kind, name: string, generation = 1, target = name): Resource {
  return { typeUrl: typeUrlOf[kind], name, value: encoders[kind](name, generation, target) };
}

/** One of each type and name, in its first content. */
export function ofEachKind(...names: readonly string[]): Resource[] {
  return kinds.flatMap((kind) => names.map((name) => resource(kind, name)));
}

const encoders: Readonly<Record<Kind, (name: string, generation: number, target: string) => Uint8Array>> = {
  CDS: (name, generation) =>
    toBinary(
      ClusterSchema,
      create(ClusterSchema, {
        name,
        altStatName: label(generation),
        clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
        edsClusterConfig: { edsConfig: ads },
      }),
    ),
  EDS: (clusterName, generation) =>
    toBinary(
      ClusterLoadAssignmentSchema,
      create(ClusterLoadAssignmentSchema, {
        clusterName,
        endpoints: [
          {
            locality: { zone: label(generation) },
            loadBalancingWeight: 1,
            lbEndpoints: [
              {
                hostIdentifier: {
                  case: 'endpoint',
                  value: {
                    address: { address: { case: 'socketAddress', value: anywhere } },
                  },
                },
              },
            ],
          },
        ],
      }),
    ),
  LDS: (name, generation, routeConfigName) =>
    toBinary(
      ListenerSchema,
      create(ListenerSchema, {
        name,
        statPrefix: label(generation),
        apiListener: {
          apiListener: anyPack(
            HttpConnectionManagerSchema,
            create(HttpConnectionManagerSchema, {
              statPrefix: routeConfigName,
              routeSpecifier: { case: 'rds', value: { configSource: ads, routeConfigName } },
              httpFilters: [
                {
                  name: 'router',
                  configType: { case: 'typedConfig', value: anyPack(RouterSchema, create(RouterSchema)) },
                },
              ],
            }),
          ),
        },
      }),
    ),
  RDS: (name, generation, cluster) =>
    toBinary(
      RouteConfigurationSchema,
      create(RouteConfigurationSchema, {
        name,
        virtualHosts: [
          {
            name: label(generation),
            domains: ['*'],
            routes: [
              {
                match: { pathSpecifier: { case: 'prefix', value: '' } },
                action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: cluster } } },
              },
            ],
          },
        ],
      }),
    ),
  SDS: (name, generation) =>
    toBinary(
      SecretSchema,
      create(SecretSchema, {
        name,
        type: {
          case: 'genericSecret',
          value: { secret: { specifier: { case: 'inlineString', value: label(generation) } } },
        },
      }),
    ),
};

/** Reads a resource of the suite's own. @throws what the protobuf reader throws at bytes that are no such message */
export function contentOf(kind: Kind, value: Uint8Array): Content {
  switch (kind) {
    case 'CDS': {
      const { name, altStatName } = fromBinary(ClusterSchema, value);
      return { name, generation: generationIn(altStatName), target: undefined };
    }
    case 'EDS': {
      const { clusterName, endpoints } = fromBinary(ClusterLoadAssignmentSchema, value);
      return { name: clusterName, generation: generationIn(endpoints[0]?.locality?.zone), target: undefined };
    }
    case 'LDS': {
      const { name, statPrefix } = fromBinary(ListenerSchema, value);
      return { name, generation: generationIn(statPrefix), target: undefined };
    }
    case 'RDS': {
      const { name, virtualHosts } = fromBinary(RouteConfigurationSchema, value);
      const [host] = virtualHosts;
      const action = host?.routes[0]?.action;
      const specifier = action?.case === 'route' ? action.value.clusterSpecifier : undefined;
      const target = specifier?.case === 'cluster' ? specifier.value : undefined;
      return { name, generation: generationIn(host?.name), target };
    }
    case 'SDS': {
      const { name, type } = fromBinary(SecretSchema, value);
      const specifier = type.case === 'genericSecret' ? type.value.secret?.specifier : undefined;
      const text = specifier?.case === 'inlineString' ? specifier.value : undefined;
      return { name, generation: generationIn(text), target: undefined };
    }
  }
}
