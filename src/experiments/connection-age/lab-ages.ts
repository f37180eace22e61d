import { clientBootstrap } from '../../bootstrap/client-bootstrap.ts';
import { evenkeelCommand, type Lab } from '../../lab/index.ts';
import { schemes } from '../../probe/index.ts';
import type { AgedPods, AgePlace, AgeSetting, ClientArguments } from './age-place.ts';
import { cpuMsOf } from './pod-cpu.ts';

const grpcPort = 50_051;
const adminPort = 9090;

/** Every row has a Deployment and a Service of its own, which go with it. */
export class LabAges implements AgePlace {
  readonly #lab: Lab;
  #rows = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  async start(setting: AgeSetting): Promise<AgedPods> {
    const lab = this.#lab;
    const name = `aged-${++this.#rows}`;
    const end = async (): Promise<void> => {
      await Promise.allSettled([lab.deleteService(`${name}-srv`), lab.deleteDeployment(name)]);
      await lab.deleteDeployment(`${name}-plane`).catch(() => {});
    };
    try {
      const clients = await this.#clientsOf(name, setting);
      const pods = lab.pods(name);
      const pids = pods.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
      return {
        clients,
        pods: async () => pods.map(({ name, ip }) => ({ name, address: `${ip}:${grpcPort}` })),
        cpuMs: () => cpuMsOf(pids),
        scaleOut: async (to) => {
          const old = new Set(lab.pods(name).map((pod) => pod.name));
          lab.scale(name, to);
          return (await lab.ready(name, to)).flatMap(({ name, ip, readyAt }) =>
            old.has(name) || readyAt === undefined ? [] : [{ name, address: `${ip}:${grpcPort}`, readyAt }],
          );
        },
        end,
      };
    } catch (thrown) {
      await end();
      throw thrown;
    }
  }

  async #clientsOf(name: string, { client, maxAgeMs, dnsMs, pods }: AgeSetting): Promise<ClientArguments> {
    const lab = this.#lab;
    const age = maxAgeMs === undefined ? [] : ['--max-connection-age-ms', String(Math.round(maxAgeMs))];
    lab.createDeployment({
      name,
      replicas: pods,
      template: {
        ...evenkeelCommand('workload', 'be1-srv', ...age),
        env: { EVENKEEL_DRAIN_MS: '0', EVENKEEL_ADMIN_PORT: String(adminPort) },
        ports: [{ name: 'grpc', port: grpcPort }],
        readiness: { grpc: { port: grpcPort, service: 'echo.EchoServer' } },
      },
    });
    const ports = [{ name: 'grpc', port: grpcPort, appProtocol: 'grpc' }];
    const service = await lab.createService({ name: `${name}-srv`, headless: true, selector: [name], ports });
    if (client === 'xds') {
      const plane = await lab.deployControlPlane({ name: `${name}-plane`, mode: 'file' });
      await Promise.all([lab.ready(name), lab.ready(plane.deployment)]);
      const bootstrap = clientBootstrap({ server: plane.xdsAddress, nodeId: name, namespace: 'default' });
      const config = { scheme: schemes.xds, target: `xds:///${service.name}:${grpcPort}`, channelOptions: {} };
      return [config, { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) }];
    }
    await lab.ready(name);
    const config = {
      scheme: schemes['headless-round-robin'],
      target: `dns://${lab.dnsAddress}/${service.ports[0]!.address}`,
      channelOptions: { 'grpc.dns_min_time_between_resolutions_ms': Math.round(dnsMs) },
    };
    return [config, { GRPC_NODE_USE_ALTERNATIVE_RESOLVER: 'true' }];
  }
}
