import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { messageOf } from '../errors.ts';
import { ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClusterLoadAssignmentSchema } from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import type { EncodedResource } from '../resource.ts';
import { typeUrls } from '../type-urls.ts';
import { checkAssignment } from './assignment.ts';
import { assignmentFacts } from './assignment-facts.ts';
import { checkCluster } from './cluster.ts';
import { checkListener } from './listener.ts';
import { invalid } from './problem.ts';
import { checkRoute } from './route.ts';

/**
 * Checks a resource that was made elsewhere against the profile that gRPC clients in Go, Java, C-core and Node all take:
 * the strictest union of their validators. What the builders make has been checked.
 *
 * @throws ResourceError that names the field
 */
export function checkPortable(resource: EncodedResource): void {
  const check = checks[resource.typeUrl];
  if (check === undefined)
    throw invalid(resource.typeUrl, resource.name, 'type_url', 'is not a type that gRPC clients know');
  check(resource);
}

const checks: Readonly<Record<string, (resource: EncodedResource) => void>> = {
  [typeUrls.listener]: (resource) => checkListener(decode(ListenerSchema, resource)),
  [typeUrls.route]: (resource) => checkRoute(decode(RouteConfigurationSchema, resource)),
  [typeUrls.cluster]: (resource) => checkCluster(decode(ClusterSchema, resource)),
  [typeUrls.endpoint]: (resource) => checkAssignment(assignmentFacts(decode(ClusterLoadAssignmentSchema, resource))),
};

function decode<Desc extends DescMessage>(schema: Desc, { bytes, name }: EncodedResource): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw invalid(schema.typeName, name, 'value', `cannot be decoded: ${messageOf(cause)}`);
  }
}
