import { type Case, forEach, type Outcomes } from '../driver/case.ts';
import { awaitServices, statusOnce } from '../driver/client-state.ts';
import type { ClientResource } from '../driver/client-status.ts';
import type { LiveClient } from '../driver/live-client.ts';
import { podsOf } from '../driver/tally.ts';
import { lateServices, type World } from '../driver/world.ts';

const [late, later] = lateServices;

function isRequested({ name, status }: ClientResource): boolean {
  return name === later && status === 'REQUESTED';
}

/** Opens channels to a Service that does not exist, and waits until the client itself says that it wants it. */
async function ask(client: LiveClient, service: string): Promise<void> {
  await client.process.connect([`xds:///${service}`]);
  if (!client.showsRequests) return;
  const resources = await statusOnce(client, (seen) => seen.some(({ name }) => name === service));
  if (!resources.some(({ name }) => name === service)) throw new Error(`the client did not ask for ${service}`);
}

/** What a channel that had failed may take to connect, on a busy machine. */
const readyTimeoutMs = 20_000;

/** Creates the Service; once the client has it and is connected, every call must work. */
async function createAndCall({ cluster }: World, outcomes: Outcomes, service: string): Promise<void> {
  const target = `xds:///${service}`;
  await cluster.createService(service, 3);
  await forEach(outcomes, async (client, outcome) => {
    await awaitServices(client, [service]);
    // A channel that had given the Service up fails every call until a connection stands (gRPC's connectivity semantics).
    await client.process.call([target], 1, `${client.id}-${service}-first`, {
      waitForReady: true,
      deadlineMs: readyTimeoutMs,
    });
    const tally = await client.process.call([target], 60, `${client.id}-${service}`);
    outcome.expectNoFailure(tally);
    if (podsOf(tally, target).size !== 3) outcome.problems.push(`${podsOf(tally, target).size} of 3 pods answered`);
  });
}

/** A client asks for a Service that does not exist yet; it is created, and the client's calls work. */
export const lateService: Case = {
  id: 'late-service',
  title: 'a service created after the client asked',
  once: true,
  async run(world, outcomes) {
    await forEach(outcomes, (client) => ask(client, late));
    await createAndCall(world, outcomes, late);
  },
};

/** The same, so long after that a gRPC client has given the Service up (it waits 15 s, xds_protocol: "does not exist"). */
export const laterService: Case = {
  id: 'later-service',
  title: 'a service created long after the client asked',
  once: true,
  async prepare({ clients }) {
    await Promise.all(clients.map((client) => ask(client, later)));
  },
  async run(world, outcomes) {
    await forEach(outcomes, async (client) => {
      if (client.showsRequests) await statusOnce(client, (seen) => !seen.some(isRequested));
    });
    await createAndCall(world, outcomes, later);
  },
};
