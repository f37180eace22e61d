import type { DiscoveryObserver } from '../discovery/discovery.ts';
import type { Config } from './config.ts';
import { dnsServices } from './config-overlay.ts';
import { createSources } from './sources.ts';

/**
 * Reads what can be read without a network, and nothing else.
 *
 * @returns the number of Services by source
 * @throws EvenkeelError what `evenkeel serve` would end with
 */
export async function checkSources(config: Config): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name, discovery } of await createSources(config)) {
    // DNS has nothing to be read: whether its names resolve is known only once somebody asks.
    if (discovery.kind === 'dns') counts[name] = dnsServices(config.services).length;
    else counts[name] = await countServices((observer) => discovery.start(observer));
    await discovery.stop();
  }
  return counts;
}

async function countServices(start: (observer: DiscoveryObserver) => Promise<void>): Promise<number> {
  let count = 0;
  await start({ upsert: () => (count += 1), remove() {}, synced() {}, degraded() {} });
  return count;
}
