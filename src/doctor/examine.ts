import { readFile } from 'node:fs/promises';
import { EvenkeelError, messageOf } from '../base/errors.ts';
import { type ClientTlsFiles, clientTlsOf, type TlsFlags } from '../bootstrap/client-tls.ts';
import { defaultAdmin } from '../live/ask-admin.ts';
import { checkAdmin } from './check-admin.ts';
import { checkCertificates } from './check-certificates.ts';
import { checkServer } from './check-server.ts';
import { type Diagnosis, diagnosesOf } from './diagnosis.ts';
import { type ReadBootstrap, readBootstrap } from './read-bootstrap.ts';

/** What is to be looked at. */
export interface DoctorOptions extends TlsFlags {
  /** File; default: what GRPC_XDS_BOOTSTRAP or GRPC_XDS_BOOTSTRAP_CONFIG says. */
  readonly bootstrap?: string | undefined;
  /** `HOST:PORT` of a control plane; default: that of the bootstrap. */
  readonly server?: string | undefined;
  /** Default: the control plane on this host, where there is one. */
  readonly admin?: readonly string[] | undefined;
  /** Default true: where there is a kubeconfig. */
  readonly kubernetes?: boolean | undefined;
  readonly kubeconfig?: string | undefined;
  readonly kubeContext?: string | undefined;
  /** Version of this program. */
  readonly version: string;
  /** Default: that of the process. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** A bootstrap is some kilobytes. */
const maxBootstrapBytes = 1024 * 1024;
const oldestNode = 22;

/**
 * Looks at everything that there is to look at.
 *
 * @throws EvenkeelError `EK_USAGE` for an address that is none
 */
export async function examine(options: DoctorOptions): Promise<Diagnosis[]> {
  const { version, kubernetes = true, kubeconfig, kubeContext, admin, env = process.env } = options;
  const flags = clientTlsOf(options);
  if (options.server !== undefined && !/^\S+:\d{1,5}$/.test(options.server)) {
    throw new EvenkeelError('EK_USAGE', `"${options.server}" is not the address of a control plane`, {
      field: '--server',
      hint: 'Write HOST:PORT, for example 127.0.0.1:18000.',
    });
  }
  const bootstrap = await findBootstrap(options.bootstrap, env);
  const server = options.server ?? bootstrap.server;
  const tls: ClientTlsFiles | undefined = flags ?? (options.server === undefined ? bootstrap.tls : undefined);
  const found = await Promise.all([
    checkInstall(version),
    bootstrap.diagnoses,
    tls === undefined ? [] : checkCertificates(tls),
    server === undefined ? [] : checkServer(server, tls),
    ...(admin ?? [defaultAdmin]).map((address) => checkAdmin(address, version, admin !== undefined)),
    kubernetes
      ? import('./check-kubernetes.ts').then(({ checkKubernetes }) =>
          checkKubernetes({ kubeconfig, context: kubeContext, env }),
        )
      : [],
  ]);
  return found.flat();
}

function checkInstall(version: string): Diagnosis[] {
  const { fault, ok } = diagnosesOf('install');
  const node = process.versions.node;
  if (Number(node.split('.')[0]) < oldestNode) {
    return [fault(`Node ${node} is older than evenkeel ${version} needs`, `Install Node ${oldestNode} or newer.`)];
  }
  return [ok(`evenkeel ${version} on Node ${node}`)];
}

async function findBootstrap(file: string | undefined, env: NodeJS.ProcessEnv): Promise<ReadBootstrap> {
  const { fault, skipped } = diagnosesOf('bootstrap');
  const path = file ?? env.GRPC_XDS_BOOTSTRAP;
  if (path !== undefined && path !== '') {
    const source = file === undefined ? `GRPC_XDS_BOOTSTRAP (${path})` : path;
    try {
      const text = await readFile(path, 'utf8');
      if (text.length > maxBootstrapBytes) throw new Error(`it has more than ${maxBootstrapBytes} bytes`);
      return readBootstrap(text, source);
    } catch (error) {
      return { diagnoses: [fault(`${source} cannot be read: ${messageOf(error)}`, 'Correct the path.')] };
    }
  }
  if (env.GRPC_XDS_BOOTSTRAP_CONFIG) return readBootstrap(env.GRPC_XDS_BOOTSTRAP_CONFIG, 'GRPC_XDS_BOOTSTRAP_CONFIG');
  const text = 'No bootstrap was looked at: neither GRPC_XDS_BOOTSTRAP nor GRPC_XDS_BOOTSTRAP_CONFIG is set';
  return { diagnoses: [skipped(text, 'Run it with the environment of a client, or name a file with --bootstrap.')] };
}
