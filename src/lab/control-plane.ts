import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress } from '../base/listen-address.ts';
import { evenkeelCommand } from './command.ts';
import type { PodRecord } from './records.ts';
import type { DeploymentSpec, PodTemplate } from './spec.ts';

const xdsPort = 18_000;
const adminPort = 18_001;

export interface ControlPlaneOptions {
  /** Name of the deployment; default `evenkeel`. */
  readonly name?: string | undefined;
  /** `file`: the lab's endpoint file is pushed to it; `dns`: it asks the lab's DNS for what `config` names. */
  readonly mode: 'file' | 'dns';
  /** Written as JSON into the lab's folder and given as `--config`; `evenkeel.yaml` or `svc_config.json` as an object. */
  readonly config?: object | undefined;
  /** More flags of `evenkeel serve`. */
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A control plane in the lab. Its addresses are those of its pod: they stay as long as the pod does. */
export interface ControlPlane {
  readonly deployment: string;
  readonly xdsAddress: string;
  readonly adminAddress: string;
}

/** Where it is started; `Lab` is one. */
interface Host {
  readonly endpointsFile: string;
  readonly stateDir: string;
  createDeployment(spec: DeploymentSpec): unknown;
  waitFor(what: string, test: () => boolean): Promise<unknown>;
  pods(deployment: string): PodRecord[];
}

/** Starts the real `evenkeel serve` as a pod; does not wait until it is ready. */
export async function deployControlPlane(lab: Host, options: ControlPlaneOptions): Promise<ControlPlane> {
  const { name = 'evenkeel', mode, config, args = [], env } = options;
  const flags = [...(mode === 'file' ? ['--endpoints', lab.endpointsFile] : []), ...args];
  if (config !== undefined) {
    const file = join(lab.stateDir, `${name}.config.json`);
    writeFileSync(file, JSON.stringify(config, undefined, 2));
    flags.push('--config', file);
  }
  const template: PodTemplate = {
    ...evenkeelCommand(
      'serve',
      '--xds-listen',
      `$(POD_IP):${xdsPort}`,
      '--admin-listen',
      `$(POD_IP):${adminPort}`,
      ...flags,
    ),
    // By which its page finds what it can do to the pods.
    env: { ...env, EVENKEEL_LAB_FOLDER: lab.stateDir },
    ports: [
      { name: 'xds', port: xdsPort },
      { name: 'admin', port: adminPort },
    ],
    readiness: { http: { port: adminPort, path: '/readyz' } },
  };
  lab.createDeployment({ name, template });
  await lab.waitFor(`the pod of ${name}`, () => lab.pods(name).length > 0);
  const { ip } = lab.pods(name)[0]!;
  return { deployment: name, xdsAddress: formatAddress(ip, xdsPort), adminAddress: formatAddress(ip, adminPort) };
}
