import { EvenkeelError, toEvenkeelError } from '../../base/errors.ts';
import { formatAddress } from '../../base/listen-address.ts';
import { envoyBootstrap } from '../../bootstrap/envoy-bootstrap.ts';
import type { Lab, ServiceRecord } from '../../lab/index.ts';
import { envoyAdminPort, envoyDeployment } from './envoy-pod.ts';

/** Deployment and Service. */
export const gatewayName = 'gateway';
/** Of no workload: a host that ends in the port of a Service means that port. */
const listenPort = 10_000;

/** The Envoy of the lab, one pod behind a ClusterIP. */
export interface Gateway {
  readonly service: ServiceRecord;
  /** `HOST:PORT` of its admin server. */
  readonly adminAddress: string;
  /** Entry of `gateways` in the configuration of the control plane that it asks. */
  readonly config: object;
  /** Resolves once it takes calls, with its version. @throws EvenkeelError why it does not; nothing of it is left then */
  readonly ready: () => Promise<string>;
}

/**
 * Starts an Envoy that leads to Services; it waits for its control plane, which may come later.
 *
 * @param xdsAddress - `HOST:PORT` of the control plane; that of a Service, since its pod has no address yet
 * @param targets - `NAMESPACE/NAME:PORT` each
 */
export async function createGateway(
  lab: Lab,
  binary: string,
  xdsAddress: string,
  targets: readonly string[],
): Promise<Gateway> {
  const name = gatewayName;
  const service = await lab.createService({ name, ports: [{ name: 'grpc', port: listenPort }] });
  const bootstrap = envoyBootstrap({
    gateway: name,
    server: xdsAddress,
    nodeId: '$(POD_NAME)',
    adminHost: '$(POD_IP)',
    adminPort: envoyAdminPort,
  });
  lab.createDeployment(envoyDeployment(name, binary, listenPort, bootstrap));
  await lab.waitFor('the pod of Envoy', () => lab.pods(name).length > 0);
  const { ip } = lab.pods(name)[0]!;
  const adminAddress = formatAddress(ip, envoyAdminPort);
  return {
    service,
    adminAddress,
    config: { name, listen: formatAddress(ip, listenPort), services: targets },
    ready: async () => {
      try {
        await lab.ready(name);
        return await versionOf(adminAddress);
      } catch (error) {
        // One that keeps ending would keep being started, under the calls of the others.
        await lab.deleteDeployment(name);
        throw error;
      }
    },
  };
}

/** `1.40.0` */
async function versionOf(adminAddress: string): Promise<string> {
  try {
    const response = await fetch(`http://${adminAddress}/server_info`);
    const { version } = (await response.json()) as { version: string };
    return version.split('/')[1] ?? version;
  } catch (thrown) {
    const { message } = toEvenkeelError(thrown);
    throw new EvenkeelError('EK_LAB_NOT_READY', `Envoy does not tell its version: ${message}`, { cause: thrown });
  }
}
