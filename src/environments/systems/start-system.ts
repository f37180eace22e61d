import { EvenkeelError } from '../../base/errors.ts';
import { findEnvoy, howToGetEnvoy } from '../../base/find-envoy.ts';
import type { ControlPlaneOptions, DeploymentSpec, Lab } from '../../lab/index.ts';
import { findProgram } from '../../workloads/sample/find-program.ts';
import { createGateway, type Gateway, gatewayName } from '../lab/gateway.ts';
import type { ReferenceSystem } from './system.ts';
import { traced } from './traces.ts';

/** What of a system could not be started here. */
export interface Absences {
  /** Deployments, and Services of the same name. */
  readonly absent: ReadonlySet<string>;
  /** A line for each reason: what is left out, why, and how to get it. */
  readonly notices: readonly string[];
}

/** Programs that are not ours, where there are any. */
export interface Programs {
  readonly nginx?: string | undefined;
  readonly envoy?: string | undefined;
}

/** @throws EvenkeelError `EK_USAGE` where `EVENKEEL_ENVOY` names no program */
export async function findPrograms(env: NodeJS.ProcessEnv = process.env): Promise<Programs> {
  return { nginx: findProgram(env.EVENKEEL_NGINX || 'nginx'), envoy: await findEnvoy({ env }) };
}

/**
 * Starts a system part by part and waits for each.
 *
 * A program that is missing, or that does not start, costs what needs it and nothing else.
 *
 * @param traces - environment of every pod (see `tracesEnvironment`)
 * @throws EvenkeelError `EK_LAB_NOT_READY`, `EK_PORT_IN_USE`
 */
export async function startSystem(
  lab: Lab,
  system: ReferenceSystem,
  programs: Programs,
  traces: Readonly<Record<string, string>> = {},
): Promise<Absences> {
  const { services, deployments, controlPlane, callers = [], laterServices = [] } = system;
  const absent = new Set<string>();
  const notices: string[] = [];
  const leaveOut = (needs: 'nginx' | 'envoy', reason: string): void => {
    const names = Object.keys(system.needs ?? {}).filter((name) => system.needs?.[name] === needs);
    if (needs === 'envoy') names.unshift(gatewayName);
    for (const name of names) absent.add(name);
    notices.push(`${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} left out: ${reason}`);
  };
  const envoy = system.gateway === undefined ? undefined : programs.envoy;
  if (system.gateway !== undefined && envoy === undefined) leaveOut('envoy', `there is no Envoy. ${howToGetEnvoy}`);
  if (Object.values(system.needs ?? {}).includes('nginx') && programs.nginx === undefined) {
    leaveOut('nginx', 'there is no nginx. Install it (Debian: nginx-light), or name it with EVENKEEL_NGINX.');
  }

  for (const spec of services) if (!absent.has(spec.name)) await lab.createService(spec);
  const deploy = async (specs: readonly DeploymentSpec[]): Promise<void> => {
    const wanted = specs.filter((spec) => !absent.has(spec.name));
    for (const spec of wanted) lab.createDeployment(traced(spec, traces));
    await Promise.all(wanted.map((spec) => lab.ready(spec.name)));
  };
  await deploy(deployments);
  const gateway =
    envoy === undefined
      ? undefined
      : await createGateway(lab, envoy, lab.service('xds-srv').ports[0]!.address, system.gateway ?? []);
  if (controlPlane !== undefined) {
    await lab.ready((await lab.deployControlPlane(withGateway(controlPlane, gateway))).deployment);
  }
  await gateway?.ready().catch((thrown: unknown) => {
    // One that is told to end while it starts has no reason of its own.
    if (!(thrown instanceof EvenkeelError) || thrown.code === 'EK_LAB_STOPPED') throw thrown;
    leaveOut('envoy', `${thrown.message}. ${thrown.hint.replaceAll(/\s*\n\s*/g, ' ')}`);
  });
  await deploy(callers);
  for (const spec of laterServices) await lab.createService(spec);
  return { absent, notices };
}

function withGateway(options: ControlPlaneOptions, gateway: Gateway | undefined): ControlPlaneOptions {
  if (gateway === undefined) return options;
  return { ...options, config: { apiVersion: 'evenkeel.dev/v1', kind: 'Config', gateways: [gateway.config] } };
}
