import type { EvenkeelError } from '../base/errors.ts';
import type { Discovery, DiscoveryObserver } from '../discovery/discovery.ts';
import type { Config } from './config.ts';
import { dnsServices } from './config-overlay.ts';
import { createSources } from './sources.ts';

/**
 * Reads what can be read without a network; with `resolve` it also asks DNS for every name once.
 *
 * @returns the number of Services by source
 * @throws EvenkeelError what `evenkeel serve` would end with; with `resolve` also what it would be degraded by:
 *   `EK_DNS_NAME` for a name that does not exist, `EK_DNS_FAILED` where nobody answers
 */
export async function checkSources(config: Config, { resolve = false } = {}): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name, discovery } of await createSources(config)) {
    try {
      if (discovery.kind !== 'dns') counts[name] = await countServices((observer) => discovery.start(observer));
      else {
        counts[name] = dnsServices(config.services).length;
        if (resolve) await resolveNames(discovery);
      }
    } finally {
      await discovery.stop();
    }
  }
  return counts;
}

/** Resolves once every name is known to exist; the first that does not, or cannot be asked for, is the error. */
function resolveNames(discovery: Discovery): Promise<void> {
  return new Promise((resolve, reject) => {
    // Discovery keeps no process alive, and nothing else runs here until it has answered.
    const awake = setInterval(() => {}, 60_000);
    const settle = (error?: unknown): void => {
      clearInterval(awake);
      if (error === undefined) resolve();
      else reject(error);
    };
    const degraded = (error: EvenkeelError | undefined): void => {
      if (error !== undefined) settle(error);
    };
    discovery.start({ upsert() {}, remove() {}, synced: () => settle(), degraded }).catch(settle);
  });
}

async function countServices(start: (observer: DiscoveryObserver) => Promise<void>): Promise<number> {
  let count = 0;
  await start({ upsert: () => (count += 1), remove() {}, synced() {}, degraded() {} });
  return count;
}
