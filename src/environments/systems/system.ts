import type { ControlPlaneOptions, DeploymentSpec, PodTemplate, ServiceSpec } from '../../lab/index.ts';
import { evenkeelCommand } from '../../lab/index.ts';

/** A value that a person needs to call something. */
export type Address =
  /** `http://HOST:PORT` of a Service's port; the first one unless it is named. */
  | { readonly http: string; readonly port?: string }
  /** `HOST:PORT` of a Service's port. */
  | { readonly grpc: string; readonly port?: string }
  /** Name of a deployment's first pod. */
  | { readonly podOf: string }
  /** Bootstrap for `xds:///` clients outside of the lab. */
  | 'bootstrap';

/** One of the reference systems, as plain data. */
export interface ReferenceSystem {
  readonly title: string;
  /** Made first: pods know those Services by their environment that exist when they start. */
  readonly services: readonly ServiceSpec[];
  readonly deployments: readonly DeploymentSpec[];
  /** Comes once the deployments are ready, so that its first answer has all of them. */
  readonly controlPlane?: ControlPlaneOptions;
  /** Come last: a channel that looks DNS up while pods are still starting keeps those that it saw. */
  readonly callers?: readonly DeploymentSpec[];
  /** Made once every pod is ready. */
  readonly laterServices?: readonly ServiceSpec[];
  /** By the name of the variable that {@link show} and the system's page use. */
  readonly addresses: Readonly<Record<string, Address>>;
  /** What to try, as shell commands. */
  readonly show: readonly string[];
  /** An Envoy that leads to these, each `NAMESPACE/NAME:PORT`; it asks the control plane, and is there before callers. */
  readonly gateway?: readonly string[];
  /** Deployments that need a program which may be missing. */
  readonly needs?: Readonly<Record<string, 'nginx' | 'envoy'>>;
}

const adminPort = 9090;

/** A pod of one of our workloads; ready when the workload says so. Ports by name. */
export function workload(
  args: readonly string[],
  ports: Readonly<Record<string, number>>,
  env: Readonly<Record<string, string>> = {},
): PodTemplate {
  return {
    ...evenkeelCommand('workload', ...args),
    env: { EVENKEEL_ADMIN_PORT: String(adminPort), ...env },
    ports: Object.entries(ports).map(([name, port]) => ({ name, port })),
    readiness: { http: { port: adminPort, path: '/readyz' } },
  };
}

/** A pod that only calls, and so is ready as soon as it runs. */
export function caller(args: readonly string[], env: Readonly<Record<string, string>> = {}): PodTemplate {
  return { ...evenkeelCommand('workload', ...args), env };
}
