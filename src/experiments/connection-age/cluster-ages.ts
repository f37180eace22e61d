import { EvenkeelError } from '../../base/errors.ts';
import { splitAddress } from '../../base/listen-address.ts';
import { serviceNames } from '../../environments/backends.ts';
import { awaitName } from '../../environments/cluster/await-services.ts';
import type { KubernetesFixture } from '../../environments/cluster/fixture.ts';
import { type Backend, type ScaleObserver, schemes } from '../../probe/index.ts';
import type { AgedPods, AgePlace, AgeSetting, ClientArguments } from './age-place.ts';

/** The cluster's DNS may keep answers for half a minute. */
const namedWithinMs = 90_000;

/** Every row is a rollout of the same Deployment, whose pods are told another age. */
export class ClusterAges implements AgePlace {
  readonly #fixture: KubernetesFixture;

  constructor(fixture: KubernetesFixture) {
    this.#fixture = fixture;
  }

  async start(setting: AgeSetting): Promise<AgedPods> {
    const fixture = this.#fixture;
    await fixture.scale(setting.pods, unobserved);
    await fixture.prepare(templateOf(setting));
    const clients = await this.#clientsOf(setting);
    const pods = (): Promise<Backend[]> => fixture.backends('xds');
    // A client that begins with the names of pods that are gone would look for new ones at once.
    const hosts = (await pods()).map(({ address }) => splitAddress(address).host);
    await awaitName(serviceNames.headless, hosts, namedWithinMs);
    return {
      clients,
      pods,
      // The processor time of other pods is nobody's to see without the metrics API.
      cpuMs: async () => null,
      async scaleOut(to) {
        const ready: { name: string; address: string; readyAt: number }[] = [];
        await fixture.scale(to, {
          ...unobserved,
          ready: ({ name, address }, readyAt) => ready.push({ name, address, readyAt }),
        });
        return ready;
      },
      // The pods are the next row's.
      end: async () => {},
    };
  }

  async #clientsOf({ client, dnsMs }: AgeSetting): Promise<ClientArguments> {
    const scheme = client === 'xds' ? 'xds' : 'headless-round-robin';
    const found = await this.#fixture.target(scheme);
    if ('skipped' in found) throw new EvenkeelError('EK_PROBE_CLIENT', found.skipped);
    const channelOptions: Record<string, number> =
      client === 'xds' ? {} : { 'grpc.dns_min_time_between_resolutions_ms': Math.round(dnsMs) };
    return [{ scheme: schemes[scheme], target: found.target, channelOptions }, found.env ?? {}];
  }
}

const unobserved: ScaleObserver = { ready: () => {}, terminating: () => {}, ended: () => {} };

/** A pod template's part of a strategic merge patch. */
function templateOf({ maxAgeMs = 0 }: AgeSetting): object {
  const env = [{ name: 'EVENKEEL_MAX_CONNECTION_AGE_MS', value: String(Math.round(maxAgeMs)) }];
  return { spec: { containers: [{ name: 'main', env }] } };
}
