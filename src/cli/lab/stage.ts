import type { ControlPlane, Lab, ServiceRecord } from '../../lab/index.ts';
import { evenkeelCommand } from '../../lab/index.ts';
import type { SchemeId } from '../../probe/index.ts';

/** What was shortened so that a proof fits into a minute, in milliseconds, each beside its ordinary value. */
export const shortened = {
  /** CoreDNS as kubeadm sets it up answers with a TTL of 30 s. */
  dnsTtl: { valueMs: 1000, defaultMs: 30_000 },
  /** grpc-js and grpc-go resolve a name again at most every 30 s. */
  clientDns: { valueMs: 2000, defaultMs: 30_000 },
  /** `discovery.dns.maxIntervalMs` of the control plane. */
  controlPlaneDns: { valueMs: 1000, defaultMs: 5000 },
  /** `--drain-ms` of the workloads. */
  drain: { valueMs: 2000, defaultMs: 3000 },
} as const;

const backendPort = 50_051;
const adminPort = 9090;

/** The backends and Services that the schemes call. */
export interface Stage {
  readonly lab: Lab;
  /** Replicas of the gRPC backend and of the HTTP backend at the start. */
  readonly replicas: number;
  /** Headless, system E's backend. */
  readonly headless: ServiceRecord;
  /** The same pods behind a ClusterIP. */
  readonly clusterIp: ServiceRecord;
  readonly http: ServiceRecord;
  /** Fed with the lab's endpoint file; absent where no scheme needs it. */
  readonly pushed?: ControlPlane | undefined;
  /** Fed by the lab's DNS; absent where no scheme needs it. */
  readonly polled?: ControlPlane | undefined;
}

/** Name of the deployment that scales. */
export const grpcDeployment = 'be1';
export const httpDeployment = 'hellohttp';
export const stageAdminPort = adminPort;

/** Starts everything that the schemes need, all at the same time, and waits until it is ready. */
export async function setStage(lab: Lab, schemes: readonly SchemeId[], replicas: number): Promise<Stage> {
  const env = { EVENKEEL_DRAIN_MS: String(shortened.drain.valueMs), EVENKEEL_ADMIN_PORT: String(adminPort) };
  const [headless, clusterIp, http] = await Promise.all([
    lab.createService({
      name: 'be1-srv',
      headless: true,
      selector: { app: grpcDeployment },
      ports: [{ name: 'grpc', port: backendPort, appProtocol: 'grpc' }],
    }),
    lab.createService({
      name: 'be1-clusterip',
      selector: { app: grpcDeployment },
      ports: [{ name: 'grpc', port: backendPort, appProtocol: 'grpc' }],
    }),
    lab.createService({
      name: 'http-svc',
      selector: { app: httpDeployment },
      ports: [{ name: 'http', port: 80, targetPort: 8100 }],
    }),
  ]);
  const readiness = { http: { port: adminPort, path: '/readyz' } };
  lab.createDeployment({
    name: grpcDeployment,
    replicas,
    template: {
      ...evenkeelCommand('workload', 'be1-srv'),
      env,
      ports: [{ name: 'grpc', port: backendPort }],
      readiness: { grpc: { port: backendPort, service: 'echo.EchoServer' } },
    },
  });
  const withHttp = schemes.some((scheme) => scheme.startsWith('clusterip-http'));
  if (withHttp) {
    lab.createDeployment({
      name: httpDeployment,
      replicas,
      template: {
        ...evenkeelCommand('workload', 'hellohttp'),
        env,
        ports: [{ name: 'http', port: 8100 }],
        readiness,
      },
    });
  }
  const [pushed, polled] = await Promise.all([
    schemes.includes('xds') ? lab.deployControlPlane({ mode: 'file' }) : undefined,
    schemes.includes('xds-dns')
      ? lab.deployControlPlane({ name: 'evenkeel-dns', mode: 'dns', config: dnsConfig(lab) })
      : undefined,
  ]);
  await Promise.all([
    lab.ready(grpcDeployment),
    withHttp ? lab.ready(httpDeployment) : undefined,
    ...[pushed, polled].map((plane) => (plane === undefined ? undefined : lab.ready(plane.deployment))),
  ]);
  return { lab, replicas, headless, clusterIp, http, pushed, polled };
}

/** System E's way: SRV look-ups, then a health check of each pod. */
function dnsConfig(lab: Lab): object {
  return {
    apiVersion: 'evenkeel.dev/v1',
    kind: 'Config',
    discovery: {
      dns: {
        servers: [lab.dnsAddress],
        minIntervalMs: shortened.controlPlaneDns.valueMs / 2,
        maxIntervalMs: shortened.controlPlaneDns.valueMs,
      },
    },
    services: [
      {
        name: 'be1-srv',
        namespace: 'default',
        portName: 'grpc',
        protocol: 'tcp',
        grpcService: 'echo.EchoServer',
      },
    ],
  };
}
