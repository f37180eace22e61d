import { backendNames, grpcPort } from '../../environments/backends.ts';
import { templates } from '../../environments/lab/backends.ts';
import { evenkeelCommand, type Lab, type PodRecord, type PodTemplate } from '../../lab/index.ts';
import { blackHole } from './black-hole.ts';
import { type Protection, protectionNames, type Sickness } from './kinds.ts';
import type { SickPodOptions } from './options.ts';

/** Services, pods and control planes of a run. */
export interface Stage {
  /** Name of the Service that has the pod. */
  serviceOf(sickness: Sickness): string;
  sickPod(sickness: Sickness): PodRecord;
  /** `HOST:PORT` of the control plane with this protection. */
  controlPlane(protection: Protection): { readonly xds: string; readonly admin: string };
}

/** How many times as long the slow pod takes. */
const slower = 10;
/** The deployment that a sickness needs; a black hole is around an ordinary pod. */
const deploymentOf: Readonly<Record<Sickness, 'target' | 'errors' | 'slow'>> = {
  frozen: 'target',
  'black-hole': 'target',
  errors: 'errors',
  slow: 'slow',
};

/** Starts everything and waits until it is ready. */
export async function setSickPodStage(lab: Lab, options: SickPodOptions): Promise<Stage> {
  const { pods, latencyMs, sicknesses } = options;
  const kinds = [...new Set(sicknesses.map((sickness) => deploymentOf[sickness]))];
  lab.createDeployment({ name: 'well', replicas: pods - 1, template: template(latencyMs) });
  const templatesOf = {
    target: template(latencyMs),
    errors: template(latencyMs, { EVENKEEL_ERROR_RATE: '1' }),
    slow: template(latencyMs * slower),
  };
  const services = kinds.map(nameOf);
  for (const kind of kinds) lab.createDeployment({ name: kind, template: templatesOf[kind] });
  await Promise.all(
    kinds.map((kind) =>
      lab.createService({
        name: nameOf(kind),
        headless: true,
        selector: ['well', kind],
        ports: [{ name: 'grpc', port: grpcPort, appProtocol: 'grpc' }],
      }),
    ),
  );
  await Promise.all(['well', ...kinds].map((name) => lab.ready(name)));
  const planes = new Map<Protection, { xds: string; admin: string }>();
  for (const protection of options.protections) {
    const name = `evenkeel-${protectionNames.indexOf(protection)}`;
    const args = protection === 'load reports' ? ['--load-reports'] : [];
    const config = configOf(protection, services);
    const { xdsAddress, adminAddress } = await lab.deployControlPlane({ name, mode: 'file', args, config });
    await lab.ready(name);
    planes.set(protection, { xds: xdsAddress, admin: adminAddress });
  }
  return {
    serviceOf: (sickness) => nameOf(deploymentOf[sickness]),
    sickPod: (sickness) => lab.pods(deploymentOf[sickness])[0]!,
    controlPlane: (protection) => planes.get(protection)!,
  };
}

/** Makes the pod sick, where it is not from the beginning; resolves with what ends that. */
export async function makeSick(lab: Lab, sickness: Sickness, { name, ip }: PodRecord): Promise<() => Promise<void>> {
  if (sickness === 'black-hole') return blackHole(ip);
  if (sickness !== 'frozen') return async () => {};
  lab.kill(name, 'SIGSTOP');
  return async () => lab.kill(name, 'SIGCONT');
}

function nameOf(kind: string): string {
  return `${kind}-srv`;
}

function template(latencyMs: number, env: Readonly<Record<string, string>> = {}): PodTemplate {
  const ordinary = templates[backendNames.grpc];
  return {
    ...ordinary,
    ...evenkeelCommand('workload', 'be1-srv'),
    env: { ...ordinary.env, EVENKEEL_LATENCY_MS: String(latencyMs), ...env },
    // The lab's own probes are to see nothing of it: a process that stands still has a kernel that accepts.
    readiness: { tcp: { port: grpcPort } },
  };
}

function configOf(protection: Protection, services: readonly string[]): object {
  const policy =
    protection === 'active checks'
      ? { healthCheck: 'grpc', grpcService: 'echo.EchoServer' }
      : protection === 'outlier detection'
        ? { outlierDetection: true }
        : {};
  return {
    ...{ apiVersion: 'evenkeel.dev/v1', kind: 'Config' },
    services: services.map((name) => ({ name, discovery: 'file', ...policy })),
  };
}
