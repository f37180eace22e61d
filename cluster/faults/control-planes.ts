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

/** Copies, each with the ids of the nodes (xDS clients) that have a stream to it. */
async function streams(kubectl: Kubectl): Promise<readonly (readonly [Copy, readonly string[]])[]> {
  return Promise.all(
    (await copies(kubectl)).map(async (copy) => {
      const { clients } = await configDump(kubectl, copy.name);
      return [copy, clients.map(({ node }) => node.id)] as const;
    }),
  );
}

/** How many streams each copy has. */
export async function streamsByCopy(kubectl: Kubectl): Promise<number[]> {
  return (await streams(kubectl)).map(([, ids]) => ids.length);
}

/** The copy that a client has its stream to; waits for one that is between two. */
export function copyOf(kubectl: Kubectl, nodeId: string): Promise<Copy> {
  return until(
    `${nodeId} has a stream`,
    async () => (await streams(kubectl)).find(([, ids]) => ids.includes(nodeId))?.[0],
  );
}

/** Id of a client's node → machine of the copy of the control plane that it has its stream to. */
export async function machinesOfStreams(kubectl: Kubectl): Promise<Map<string, string>> {
  return new Map((await streams(kubectl)).flatMap(([{ node }, ids]) => ids.map((id) => [id, node] as const)));
}
