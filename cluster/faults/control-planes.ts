import { configDump } from '../support/config-dump.ts';
import type { Kubectl } from '../support/namespace.ts';
import { until } from '../support/until.ts';

/** A copy of the control plane. */
export interface Copy {
  readonly name: string;
  /** Name of the machine. */
  readonly node: string;
  /** Id of its container, as the machine's container runtime has it. */
  readonly container: string;
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly containerStatuses?: readonly { readonly ready: boolean; readonly containerID?: string }[];
  };
}

/** Every copy that is not on its way out. */
export async function copies(kubectl: Kubectl): Promise<Copy[]> {
  const printed = await kubectl(['get', 'pods', '-l', 'app.kubernetes.io/name=evenkeel', '-o', 'json']);
  const { items } = JSON.parse(printed) as { readonly items: readonly PodObject[] };
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      node: spec.nodeName ?? '',
      container: (status.containerStatuses?.[0]?.containerID ?? '').replace(/^\w+:\/\//, ''),
    }));
}

/** A client's stream to a copy. */
export interface ClientStream {
  /** Id of the client's node. */
  readonly client: string;
  readonly copy: Copy;
  /** No other stream of any copy has the same. */
  readonly name: string;
}

async function streams(kubectl: Kubectl): Promise<ClientStream[]> {
  const all = (await copies(kubectl)).map(async (copy) => {
    const { clients } = await configDump(kubectl, copy.name);
    return clients.map(({ node, stream }) => ({ client: node.id, copy, name: `${copy.container} ${stream}` }));
  });
  return (await Promise.all(all)).flat();
}

/** How many streams each copy has. */
export async function streamsByCopy(kubectl: Kubectl): Promise<number[]> {
  const [all, open] = await Promise.all([copies(kubectl), streams(kubectl)]);
  return all.map(({ name }) => open.filter(({ copy }) => copy.name === name).length);
}

/** The copy that a client has its stream to; waits for one that is between two. */
export function copyOf(kubectl: Kubectl, nodeId: string): Promise<Copy> {
  return until(
    `${nodeId} has a stream`,
    async () => (await streams(kubectl)).find(({ client }) => client === nodeId)?.copy,
  );
}

/** The stream of each client, by the id of its node. */
export async function streamsOfClients(kubectl: Kubectl): Promise<Map<string, ClientStream>> {
  return new Map((await streams(kubectl)).map((stream) => [stream.client, stream]));
}
