import { configDump } from '../support/config-dump.ts';
import type { Kubectl } from '../support/namespace.ts';

/** Id of a client's node → machine of the copy of the control plane that it has its stream to. */
export async function machinesOfStreams(kubectl: Kubectl): Promise<Map<string, string>> {
  const printed = await kubectl(['get', 'pods', '-l', 'app.kubernetes.io/name=evenkeel', '-o', 'json']);
  const { items } = JSON.parse(printed) as { items: { metadata: { name: string }; spec: { nodeName: string } }[] };
  const found = await Promise.all(
    items.map(async ({ metadata, spec }) => {
      const { clients } = await configDump(kubectl, metadata.name);
      return clients.map(({ node }) => [node.id, spec.nodeName] as const);
    }),
  );
  return new Map(found.flat());
}
