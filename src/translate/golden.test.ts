import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, type DescMessage, fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf';
import { type EncodedResource, typeUrls } from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { ListenerSchema } from '@evenkeel/xds/gen/envoy/config/listener/v3/listener_pb';
import { RouteConfigurationSchema } from '@evenkeel/xds/gen/envoy/config/route/v3/route_pb';
import { RouterSchema } from '@evenkeel/xds/gen/envoy/extensions/filters/http/router/v3/router_pb';
import { HttpConnectionManagerSchema } from '@evenkeel/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb';
import { ClientSideWeightedRoundRobinSchema } from '@evenkeel/xds/gen/envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin_pb';
import { RoundRobinSchema } from '@evenkeel/xds/gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb';
import { stringify } from 'yaml';
import { parseDocumentText } from '../base/document.ts';
import { endpointsSchema } from '../discovery/file/endpoints-schema.ts';
import { servicesOf } from '../discovery/file/services.ts';
import { selectEndpoints } from '../health/select-endpoints.ts';
import type { Service } from '../model/service.ts';
import { type TranslatedService, translateService } from './translate-service.ts';

const folder = join(import.meta.dirname, 'testdata');
const registry = createRegistry(
  HttpConnectionManagerSchema,
  RouterSchema,
  ClientSideWeightedRoundRobinSchema,
  RoundRobinSchema,
);

/** What is published where nothing is checked actively. */
function translate(service: Service): TranslatedService {
  const ports = service.ports.map((port) => ({
    ...port,
    endpoints: selectEndpoints(port.endpoints, () => undefined).endpoints,
  }));
  return translateService({ ...service, ports });
}

/** Resources as they are on the wire, readable; the version is a hash of the very bytes. */
function render(schema: DescMessage, resources: readonly EncodedResource[]): JsonValue {
  return resources.map(({ version, bytes }) => ({
    version,
    resource: toJson(schema, fromBinary(schema, bytes), { registry }),
  }));
}

for (const name of readdirSync(join(folder, 'in')).map((file) => file.replace(/\.yaml$/, ''))) {
  test(`${name} translates to what lies in testdata/out`, (t) => {
    const file = join(folder, 'in', `${name}.yaml`);
    const services = servicesOf(parseDocumentText(readFileSync(file, 'utf8'), endpointsSchema, file)).map(translate);
    const shared = services.flatMap((one) => [...one.shared, ...one.assignments.values()]);
    const ofType = (typeUrl: string) => shared.filter((resource) => resource.typeUrl === typeUrl);
    const snapshot = (kind: string, content: unknown) =>
      t.assert.fileSnapshot(stringify(content, { lineWidth: 120 }), join(folder, 'out', `${name}.${kind}.yaml`), {
        serializers: [(text: string) => text],
      });

    snapshot('listeners', {
      everyNode: render(ListenerSchema, ofType(typeUrls.listener)),
      nodesOfTheNamespace: services.map(({ service, own }) => ({
        namespace: service.namespace,
        listeners: render(ListenerSchema, own),
      })),
      refused: services.flatMap(({ refused }) => refused),
    });
    snapshot('routes', render(RouteConfigurationSchema, ofType(typeUrls.route)));
    snapshot('clusters', render(ClusterSchema, ofType(typeUrls.cluster)));
    const local = services.flatMap((one) =>
      [...one.local].map(([kubeNode, assignments]) => ({
        kubeNode,
        endpoints: render(ClusterLoadAssignmentSchema, [...assignments.values()]),
      })),
    );
    const endpoints = render(ClusterLoadAssignmentSchema, ofType(typeUrls.endpoint));
    snapshot('endpoints', local.length === 0 ? endpoints : { everyNode: endpoints, clientsOnKubeNode: local });
  });
}
