import { evenkeelCommand, type Lab, type PodTemplate, type ServiceRecord } from '../../lab/index.ts';
import type { SchemeId } from '../../probe/index.ts';
import {
  type BackendName,
  backendAdminPort,
  backendNames,
  backendsOf,
  grpcPort,
  httpPort,
  serviceNames,
} from '../backends.ts';
import { shortened } from './shortened.ts';

/** The Services in front of the backends. */
export interface BackendServices {
  /** Headless, system E's backend. */
  readonly headless: ServiceRecord;
  /** Headless, the same backend with a MaxConnectionAge. */
  readonly aged: ServiceRecord;
  /** The pods of `headless` behind a ClusterIP. */
  readonly clusterIp: ServiceRecord;
  readonly http: ServiceRecord;
}

export async function createBackendServices(lab: Lab): Promise<BackendServices> {
  const grpc = [{ name: 'grpc', port: grpcPort, appProtocol: 'grpc' }];
  const [headless, aged, clusterIp, http] = await Promise.all([
    lab.createService({ name: serviceNames.headless, headless: true, selector: [backendNames.grpc], ports: grpc }),
    lab.createService({ name: serviceNames.aged, headless: true, selector: [backendNames.aged], ports: grpc }),
    lab.createService({ name: serviceNames.clusterIp, selector: [backendNames.grpc], ports: grpc }),
    lab.createService({
      name: serviceNames.http,
      selector: [backendNames.http],
      ports: [{ name: 'http', port: 80, targetPort: httpPort }],
    }),
  ]);
  return { headless, aged, clusterIp, http };
}

/**
 * Starts the deployments that these schemes call, all at the same time; does not wait.
 *
 * @returns their names
 */
export function createBackends(lab: Lab, wanted: readonly SchemeId[], replicas: number): BackendName[] {
  const names = backendsOf(wanted);
  for (const name of names) {
    // As with `maxUnavailable: 0`: a rollout takes no pod away before there is another one.
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
    lab.createDeployment({ name, replicas, template: templates[name], rollingUpdate });
  }
  return names;
}

const env = { EVENKEEL_DRAIN_MS: String(shortened.drain.valueMs), EVENKEEL_ADMIN_PORT: String(backendAdminPort) };

function grpcTemplate(...args: string[]): PodTemplate {
  return {
    ...evenkeelCommand('workload', 'be1-srv', ...args),
    env,
    ports: [{ name: 'grpc', port: grpcPort }],
    readiness: { grpc: { port: grpcPort, service: 'echo.EchoServer' } },
  };
}

/** What the pods of each backend are made of. */
export const templates: Readonly<Record<BackendName, PodTemplate>> = {
  [backendNames.grpc]: grpcTemplate(),
  [backendNames.aged]: grpcTemplate('--max-connection-age-ms', String(shortened.maxConnectionAge.valueMs)),
  [backendNames.http]: {
    ...evenkeelCommand('workload', 'hellohttp'),
    env,
    ports: [{ name: 'http', port: httpPort }],
    readiness: { http: { port: backendAdminPort, path: '/readyz' } },
  },
};
