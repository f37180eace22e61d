import type { Browser } from 'playwright-core';
import { patienceMs } from '../../test/dashboard/browser.ts';
import { Fleet } from '../../test/dashboard/fleet.ts';
import { type Times, timesOf, timesText } from './times.ts';

export interface FrozenTimes {
  /** From the signal to the pod's name among what stands out, on the page of all Services. */
  readonly named: Times;
  /** From the signal to its ejection, on the page of the Service. */
  readonly ejected: Times;
}

/** Freezes one of five pods that are called 80 times a second, round after round; real clients report. */
export async function timeFrozen(browser: Browser, rounds: number, say: (text: string) => void): Promise<FrozenTimes> {
  const fleet = await Fleet.start([{ namespace: 'shop', name: 'orders', pods: 5 }], ['--load-reports']);
  const named: number[] = [];
  const ejected: number[] = [];
  try {
    const caller = { namespace: 'shop', targets: ['orders'], rate: 40 };
    fleet.call({ ...caller, pod: 'web-7c9d8f6b5c-x2x4z', zone: 'zone-a' });
    fleet.call({ ...caller, pod: 'web-7c9d8f6b5c-k8lqm', zone: 'zone-b' });
    const [list, one] = await Promise.all([browser.newPage(), browser.newPage()]);
    for (const page of [list, one]) page.setDefaultTimeout(patienceMs);
    await list.goto(`http://${fleet.admin}/dashboard/`);
    await one.goto(`http://${fleet.admin}/dashboard/#/services/shop/orders:50051`);
    for (let round = 0; round < rounds; round += 1) {
      await list.locator('.services .badge.good').waitFor();
      const pod = fleet.pods('orders')[round % 5]!;
      const begun = performance.now();
      const since = (times: number[]) => () => void times.push(performance.now() - begun);
      fleet.freeze(pod);
      await Promise.all([
        list.locator('.off', { hasText: pod }).waitFor().then(since(named)),
        one
          .locator('.pods tr', { hasText: pod })
          .locator('.badge', { hasText: 'ejected' })
          .waitFor()
          .then(since(ejected)),
      ]);
      fleet.thaw(pod);
    }
    await Promise.all([list.close(), one.close()]);
  } finally {
    await fleet.stop();
  }
  const times = { named: timesOf(named), ejected: timesOf(ejected) };
  say(`A pod is frozen: named after ${timesText(times.named)}, ejected after ${timesText(times.ejected)}`);
  return times;
}
