import { clientBootstrap } from '../../bootstrap/client-bootstrap.ts';
import { backendNames, grpcPort } from '../../environments/backends.ts';
import { templates } from '../../environments/lab/backends.ts';
import type { KubeNode, Lab } from '../../lab/index.ts';
import { chooseEnvoy } from '../envoy-parts.ts';
import type { FleetClient } from '../fleet/protocol.ts';
import { EnvoyEndpoints, startZoneEnvoys } from './envoy.ts';
import type { Way } from './kinds.ts';
import type { ZonesOptions } from './options.ts';
import { startPriorities, type ZonePods } from './priorities.ts';
import { clientsOfZones } from './tally.ts';

const serviceName = 'orders';
/** How long a pod that goes still answers: a preStop sleep that is not long. */
const drainMs = 3_000;

/** Pods of all zones, and what steers their callers. */
export interface ZonesStage {
  /** Clients of a fleet that call in one way, and the zone of each. */
  fleet(way: Way, clients: number): { readonly clients: readonly FleetClient[]; readonly zones: readonly number[] };
  /** Why a way cannot be measured. */
  missing(way: Way): string | undefined;
  /** Ready pods of each zone, by name. */
  pods(): string[][];
  close(): Promise<void>;
}

/** A host in each zone. */
export function nodesOf({ pods }: Pick<ZonesOptions, 'pods'>): KubeNode[] {
  return pods.map((_count, index) => {
    const letter = String.fromCharCode('a'.charCodeAt(0) + index);
    return { name: `node-${letter}`, zone: `zone-${letter}`, region: 'region-1' };
  });
}

/** The deployment that has the pods of a zone. */
export function deploymentOf({ zone }: KubeNode): string {
  return `orders-${zone}`;
}

/** Starts everything and waits until it is ready. */
export async function setZonesStage(lab: Lab, options: ZonesOptions): Promise<ZonesStage> {
  const { callers } = options;
  const nodes = nodesOf(options);
  const zones = nodes.map(({ zone }) => zone);
  const deployments = nodes.map(deploymentOf);
  for (const [index, { name: kubeNode }] of nodes.entries()) {
    const { env, ...ordinary } = templates[backendNames.grpc];
    const template = { ...ordinary, kubeNode, env: { ...env, EVENKEEL_DRAIN_MS: String(drainMs) } };
    lab.createDeployment({ name: deployments[index]!, replicas: options.pods[index]!, template });
  }
  const ports = [{ name: 'grpc', port: grpcPort, appProtocol: 'grpc' }];
  await lab.createService({ name: serviceName, headless: true, selector: deployments, ports });
  await Promise.all(deployments.map((name) => lab.ready(name)));
  const ready = () => deployments.map((name) => lab.pods(name).filter((pod) => pod.ready));

  const servers = await startControlPlanes(lab, options);
  const published = (): ZonePods[] =>
    ready().map((pods, index) => ({ zone: zones[index]!, addresses: pods.map(({ ip }) => ip) }));
  const envoys = await startEnvoys(lab, options, nodes, published);
  // The last that can fail: the lab, which ends with the run, does not close this server.
  const priorities = await startPriorities(serviceName, grpcPort, zones);
  priorities.publish(published());
  const unfollow: (() => void)[] = [lab.on('endpoints', () => priorities.publish(published()))];
  if (envoys.follow !== undefined) unfollow.push(lab.on('endpoints', envoys.follow));
  return {
    fleet(way, count) {
      const perZone = clientsOfZones(count, callers);
      const placed = perZone.flatMap((size, zone) => Array.from({ length: size }, (_, number) => ({ zone, number })));
      const clients = placed.map(({ zone, number }): FleetClient => {
        const ratePerSecond = (options.ratePerSecond * callers[zone]!) / 100 / perZone[zone]!;
        if (way === 'envoy') return { target: envoys.at!.get(count)![zone]!, ratePerSecond };
        const server = way === 'priorities' ? priorities.address : servers.get(planeName(way, count))!;
        const node = { server, nodeId: `${zones[zone]}-${number}`, zone: zones[zone] };
        const bootstrap = clientBootstrap({ ...node, workload: 'front' }, {});
        return { target: `xds:///${serviceName}`, bootstrap, ratePerSecond };
      });
      return { clients, zones: placed.map(({ zone }) => zone) };
    },
    missing: (way) => (way === 'envoy' ? envoys.missing : undefined),
    pods: () => ready().map((pods) => pods.map(({ name }) => name)),
    close: () => {
      for (const end of unfollow) end();
      return priorities.close();
    },
  };
}

/** One for each fleet: callers of another one are callers that it has to plan for. By name. */
async function startControlPlanes(lab: Lab, { ways, clients }: ZonesOptions): Promise<Map<string, string>> {
  const servers = new Map<string, string>();
  for (const way of ways.filter((way) => way === 'no zones' || way === 'evenkeel')) {
    for (const count of clients) {
      const name = planeName(way, count);
      const args = way === 'evenkeel' ? ['--load-reports'] : [];
      const { xdsAddress } = await lab.deployControlPlane({ name, mode: 'file', args, config: configOf(way) });
      await lab.ready(name);
      servers.set(name, xdsAddress);
    }
  }
  return servers;
}

function planeName(way: Way, clients: number): string {
  return `${way === 'evenkeel' ? 'evenkeel-zones' : 'evenkeel'}-${clients}`;
}

interface Envoys {
  /** `HOST:PORT` by zone, by the size of the fleet; absent where there is none. */
  readonly at?: ReadonlyMap<number, readonly string[]>;
  readonly follow?: () => void;
  readonly missing?: string;
}

async function startEnvoys(
  lab: Lab,
  { ways, clients, callers }: ZonesOptions,
  nodes: readonly KubeNode[],
  published: () => ZonePods[],
): Promise<Envoys> {
  if (!ways.includes('envoy')) return {};
  const binary = await chooseEnvoy();
  if (typeof binary !== 'string') return binary;
  const endpoints = new EnvoyEndpoints(lab, grpcPort);
  endpoints.publish(published());
  const at = await Promise.all(
    clients.map(async (count) => {
      const sizes = clientsOfZones(count, callers);
      const placed = nodes.map(({ zone, name }, index) => ({ zone, kubeNode: name, clients: sizes[index]! }));
      return [count, await startZoneEnvoys(lab, binary, placed, endpoints)] as const;
    }),
  );
  return { at: new Map(at), follow: () => endpoints.publish(published()) };
}

function configOf(way: Way): object {
  const zones = way === 'evenkeel' ? { trafficDistribution: 'PreferSameZone' } : {};
  return {
    ...{ apiVersion: 'evenkeel.dev/v1', kind: 'Config' },
    services: [{ name: serviceName, discovery: 'file', ...zones }],
  };
}
