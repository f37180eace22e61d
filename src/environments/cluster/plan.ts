import type { ProofOptions, SchemeId } from '../../probe/index.ts';
import { schemeIds, schemes } from '../../probe/index.ts';

/** What the pod that makes the calls is told; plain data, handed over in an environment variable. */
export interface Plan {
  /** The proof's own namespace. */
  readonly namespace: string;
  readonly options: ProofOptions;
  /** `HOST:PORT` of the control plane that the scheme `xds` asks; absent: the proof's own. */
  readonly controlPlane?: string | undefined;
  /** Whether there is an Envoy for the scheme `l7-envoy`. */
  readonly envoy: boolean;
  /** What is measured in place of a proof: plain data, which `src/experiments/in-pod.ts` reads. */
  readonly experiment?: object | undefined;
}

/** The environment variable that has the plan as JSON. */
export const planEnv = 'EVENKEEL_PROVE_PLAN';

export const grpcPort = 50_051;
export const httpPort = 8100;
/** `/calls`, `/readyz` and the like of every backend. */
export const backendAdminPort = 9090;
export const xdsPort = 18_000;
export const adminPort = 18_001;
export const envoyPort = 8080;
export const envoyAdminPort = 9901;

/** Deployments that answer calls. All schemes of one protocol share their pods, unless the servers differ. */
export const backendNames = { grpc: 'be1', aged: 'be1-aged', http: 'hellohttp' } as const;
export type BackendName = (typeof backendNames)[keyof typeof backendNames];

/** Services in front of the backends; the first two are headless. */
export const serviceNames = {
  headless: 'be1-srv',
  aged: 'be1-aged-srv',
  clusterIp: 'be1-clusterip',
  http: 'http-svc',
} as const;

/** Control planes and the proxy: name of Deployment and Service alike. */
export const partNames = { pushed: 'xds-srv', polled: 'xds-srv-dns', envoy: 'gateway' } as const;
export type PartName = (typeof partNames)[keyof typeof partNames];

/** The Job whose pod makes the calls. */
export const driverName = 'prove';

/** Label that tells which Deployment a pod belongs to. */
export const appLabel = 'app.kubernetes.io/name';

/** The Deployment that the calls of a scheme go to. */
export function backendOf(scheme: SchemeId): BackendName {
  if (scheme === 'headless-round-robin-max-age') return backendNames.aged;
  return schemes[scheme].protocol === 'http' ? backendNames.http : backendNames.grpc;
}

/** The schemes whose calls a Deployment can get. */
export function schemesOf(backend: string): SchemeId[] {
  return schemeIds.filter((scheme) => backendOf(scheme) === backend);
}

/** The Deployments with backends that a plan needs. */
export function backendsOf({ options }: Plan): BackendName[] {
  return [...new Set(options.schemes.map(backendOf))];
}

/** The other Deployments that a plan needs. */
export function partsOf({ options: { schemes: wanted }, controlPlane, envoy }: Plan): PartName[] {
  const proxied = wanted.includes('l7-envoy') && envoy;
  // Envoy's configuration can come only from a control plane that was told of the gateway: the proof's own.
  const pushed = proxied || (wanted.includes('xds') && controlPlane === undefined);
  return [
    ...(pushed ? [partNames.pushed] : []),
    ...(wanted.includes('xds-dns') ? [partNames.polled] : []),
    ...(proxied ? [partNames.envoy] : []),
  ];
}
