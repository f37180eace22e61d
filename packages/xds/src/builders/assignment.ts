import { checkAssignment } from '../profile/assignment.ts';
import { type EncodedResource, fromAny } from '../resource.ts';
import { typeUrls } from '../type-urls.ts';
import { assignmentBytes, type EncodableLocality } from './assignment-bytes.ts';

/** One address that calls can go to. */
export interface EndpointSpec {
  /** IPv4 or IPv6 literal. */
  readonly address: string;
  readonly port: number;
  /** Relative share among the endpoints of its locality, at least 1; default: all alike. */
  readonly weight?: number | undefined;
  /** False: gRPC clients leave it out, Envoy counts it for failover. Default: nothing is said, which counts as healthy. */
  readonly healthy?: boolean | undefined;
}

/** Endpoints that are in one place and have one priority. */
export interface LocalitySpec {
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly subZone?: string | undefined;
  /** Relative share among the localities of its priority, at least 1; default 1. Without one, clients skip a locality. */
  readonly weight?: number | undefined;
  /** 0 is used first; the numbers have no gaps. Default 0. */
  readonly priority?: number | undefined;
  readonly endpoints: readonly EndpointSpec[];
}

/** The endpoints of one cluster, in localities. */
export interface AssignmentSpec {
  /** The cluster's name, or its `serviceName` where it has one. */
  readonly clusterName: string;
  readonly localities: readonly LocalitySpec[];
  readonly version?: string | undefined;
}

/**
 * The endpoints of a cluster. Without any it says "there is none just now", which is not the same as no assignment.
 *
 * @throws ResourceError
 */
export function buildAssignment(spec: AssignmentSpec): EncodedResource {
  const { clusterName, localities, version } = spec;
  const facts = localities.map(withDefaults);
  checkAssignment({ clusterName, localities: facts });
  const value = assignmentBytes(clusterName, facts);
  return fromAny({ typeUrl: typeUrls.endpoint, value }, { name: clusterName, version });
}

function withDefaults(spec: LocalitySpec): EncodableLocality {
  const { region = '', zone = '', subZone = '', weight = 1, priority = 0, endpoints } = spec;
  return { region, zone, subZone, weight, priority, endpoints };
}
