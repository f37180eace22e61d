import type { EvenkeelError } from '../base/errors.ts';
import type { Discovery, DiscoveryObserver } from '../discovery/discovery.ts';
import { type Service, serviceKey } from '../model/service.ts';
import type { Config } from './config.ts';
import { dnsServices } from './config-overlay.ts';
import { createSources } from './sources.ts';

/**
 * Reads what can be read without a network; with `resolve` it also asks DNS for every name once, and the Kubernetes API
 * server for all Services.
 *
 * @returns the number of Services by source, without those that are not known
 * @throws EvenkeelError what `evenkeel serve` would end with; with `resolve` also what it would be degraded by:
 *   `EK_DNS_NAME` for a name that does not exist, `EK_DNS_FAILED` where nobody answers, `EK_KUBE_…`
 */
export async function checkSources(config: Config, { resolve = false } = {}): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name, discovery } of await createSources(config)) {
    try {
      if (discovery.kind === 'file') counts[name] = await countServices((observer) => discovery.start(observer));
      else if (resolve) counts[name] = await untilSynced(discovery);
      // Says whether there is an API server to ask, and is stopped before it has answered.
      else if (discovery.kind === 'kubernetes') await countServices((observer) => discovery.start(observer));
      else counts[name] = dnsServices(config.services).length;
    } finally {
      await discovery.stop();
    }
  }
  return counts;
}

/** Resolves with the number of Services once all of them were told; the first thing that cannot be seen is the error. */
function untilSynced(discovery: Discovery): Promise<number> {
  return new Promise((resolve, reject) => {
    // Discovery keeps no process alive, and nothing else runs here until it has answered.
    const awake = setInterval(() => {}, 60_000);
    const services = new Set<string>();
    const settle = (error?: unknown): void => {
      clearInterval(awake);
      if (error === undefined) resolve(services.size);
      else reject(error);
    };
    const degraded = (error: EvenkeelError | undefined): void => {
      if (error !== undefined) settle(error);
    };
    const upsert = (service: Service): unknown => services.add(serviceKey(service));
    discovery.start({ upsert, remove() {}, synced: () => settle(), degraded }).catch(settle);
  });
}

async function countServices(start: (observer: DiscoveryObserver) => Promise<void>): Promise<number> {
  let count = 0;
  await start({ upsert: () => (count += 1), remove() {}, synced() {}, degraded() {} });
  return count;
}
