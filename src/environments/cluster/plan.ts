import { type ProofOptions, schemesVia } from '../../probe/index.ts';

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

export const xdsPort = 18_000;
export const adminPort = 18_001;
export const envoyPort = 8080;
export const envoyAdminPort = 9901;

/** Control planes and the proxy: name of Deployment and Service alike. */
export const partNames = { pushed: 'xds-srv', polled: 'xds-srv-dns', envoy: 'gateway' } as const;
export type PartName = (typeof partNames)[keyof typeof partNames];

/** The Job whose pod makes the calls. */
export const driverName = 'prove';

/** Label that tells which Deployment a pod belongs to. */
export const appLabel = 'app.kubernetes.io/name';

/** The other Deployments that a plan needs. */
export function partsOf({ options: { schemes: wanted }, controlPlane, envoy }: Plan): PartName[] {
  const proxied = schemesVia(wanted, 'proxy').length > 0 && envoy;
  // Envoy's configuration can come only from a control plane that was told of the gateway: the proof's own.
  const pushed = proxied || (schemesVia(wanted, 'xds').length > 0 && controlPlane === undefined);
  return [
    ...(pushed ? [partNames.pushed] : []),
    ...(schemesVia(wanted, 'xds-dns').length > 0 ? [partNames.polled] : []),
    ...(proxied ? [partNames.envoy] : []),
  ];
}
