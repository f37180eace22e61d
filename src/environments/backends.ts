import { type SchemeId, schemeIds, schemes } from '../probe/index.ts';

export const grpcPort = 50_051;
export const httpPort = 8100;
/** `/calls`, `/readyz` and the like of every backend. */
export const backendAdminPort = 9090;

/** The deployments that answer calls. All schemes of one protocol share their pods, unless the servers differ. */
export const backendNames = { grpc: 'be1', aged: 'be1-aged', http: 'hellohttp' } as const;
export type BackendName = (typeof backendNames)[keyof typeof backendNames];

/** Services in front of the backends; the first two are headless. */
export const serviceNames = {
  headless: 'be1-srv',
  aged: 'be1-aged-srv',
  clusterIp: 'be1-clusterip',
  http: 'http-svc',
} as const;

/** The deployment that the calls of a scheme go to. */
export function backendOf(scheme: SchemeId): BackendName {
  return backendNames[schemes[scheme].backend];
}

/** The deployments that these schemes call. */
export function backendsOf(wanted: readonly SchemeId[]): BackendName[] {
  return [...new Set(wanted.map(backendOf))];
}

/** The schemes whose calls a deployment can get. */
export function schemesOf(backend: string): SchemeId[] {
  return schemeIds.filter((scheme) => backendOf(scheme) === backend);
}

/** Those of these deployments whose number of pods is changed in a scale-out. */
export function scalingOf<B extends string>(backends: readonly B[]): B[] {
  return backends.filter((backend) => schemesOf(backend).some((scheme) => schemes[scheme].scales));
}
