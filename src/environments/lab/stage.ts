import { type EvenkeelError, toEvenkeelError } from '../../base/errors.ts';
import type { ControlPlane, Lab } from '../../lab/index.ts';
import { type Scheme, type SchemeId, schemesVia } from '../../probe/index.ts';
import { type BackendName, serviceNames } from '../backends.ts';
import { type BackendServices, createBackendServices, createBackends } from './backends.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { shortened } from './shortened.ts';

/** What the schemes call, and what feeds it. */
export interface Stage extends BackendServices {
  readonly lab: Lab;
  /** Deployments that answer calls. */
  readonly backends: readonly BackendName[];
  /** Fed with the lab's endpoint file; absent where no scheme needs it. */
  readonly pushed?: ControlPlane | undefined;
  /** Fed by the lab's DNS; absent where no scheme needs it. */
  readonly polled?: ControlPlane | undefined;
  /** Absent where no scheme needs it or there is no Envoy; what is wrong with one that does not start. */
  readonly gateway?: (Gateway & { readonly version: string }) | EvenkeelError | undefined;
}

export interface StageOptions {
  readonly schemes: readonly SchemeId[];
  /** Of each backend at the start. */
  readonly replicas: number;
  /** Path of an Envoy; without one nothing of it is started. */
  readonly envoy?: string | undefined;
  /** Whether clients of the control plane that watches for changes report their load. Default false. */
  readonly loadReports?: boolean | undefined;
}

/** Starts everything that the schemes need, all at the same time, and waits until it is ready. */
export async function setStage(lab: Lab, { schemes, replicas, envoy, loadReports }: StageOptions): Promise<Stage> {
  const needs = (via: Scheme['via']): boolean => schemesVia(schemes, via).length > 0;
  const services = await createBackendServices(lab);
  const backends = createBackends(lab, schemes, replicas);
  const [{ pushed, gateway }, polled] = await Promise.all([
    startPushed(lab, services, needs('xds'), needs('proxy') ? envoy : undefined, loadReports ? ['--load-reports'] : []),
    needs('xds-dns')
      ? lab.deployControlPlane({ name: 'evenkeel-dns', mode: 'dns', config: dnsConfig(lab) })
      : undefined,
  ]);
  const [ready] = await Promise.all([
    // A program that is not ours may not start for reasons of its own; that costs its row and no other.
    gateway?.ready().then((version) => ({ ...gateway, version }), toEvenkeelError),
    ...backends.map((name) => lab.ready(name)),
    ...[pushed, polled].map((plane) => (plane === undefined ? undefined : lab.ready(plane.deployment))),
  ]);
  return { ...services, lab, backends, pushed, polled, gateway: ready };
}

/** The control plane that watches for changes, and the Envoy that it feeds. */
async function startPushed(
  lab: Lab,
  { headless }: BackendServices,
  wanted: boolean,
  envoy: string | undefined,
  args: readonly string[],
): Promise<{ readonly pushed?: ControlPlane; readonly gateway?: Gateway }> {
  if (envoy === undefined) return wanted ? { pushed: await lab.deployControlPlane({ mode: 'file', args }) } : {};
  const deployment = 'evenkeel';
  const port = 18_000;
  const xds = await lab.createService({ name: 'xds-srv', selector: [deployment], ports: [{ name: 'xds', port }] });
  const target = `${headless.namespace}/${headless.name}:${headless.ports[0]!.port}`;
  const gateway = await createGateway(lab, envoy, xds.ports[0]!.address, [target]);
  // After Envoy, since its listener has to have the address of its pod.
  const config = { ...configHead, gateways: [gateway.config] };
  return { gateway, pushed: await lab.deployControlPlane({ name: deployment, mode: 'file', config, args }) };
}

const configHead = { apiVersion: 'evenkeel.dev/v1', kind: 'Config' };

/** System E's way: SRV look-ups, then a health check of each pod. */
function dnsConfig(lab: Lab): object {
  return {
    ...configHead,
    discovery: {
      dns: {
        servers: [lab.dnsAddress],
        minIntervalMs: shortened.controlPlaneDns.valueMs / 2,
        maxIntervalMs: shortened.controlPlaneDns.valueMs,
      },
    },
    services: [
      {
        name: serviceNames.headless,
        namespace: 'default',
        portName: 'grpc',
        protocol: 'tcp',
        grpcService: 'echo.EchoServer',
      },
    ],
  };
}
