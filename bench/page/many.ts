import type { Browser } from 'playwright-core';
import { patienceMs } from '../../test/dashboard/browser.ts';
import type { ManyServices } from './many-services.ts';
import { type Times, timesOf, timesText } from './times.ts';

export interface ManyTimes {
  readonly services: number;
  /** From the address to the first Services with their verdicts and lines, in a tab of its own. */
  readonly firstView: Times;
  /** From the new endpoint file to the Service's number of pods on the screen. */
  readonly change: Times;
}

/** Opens the page of many Services, and has a pod taken from one of them, round after round. */
export async function timeMany(
  browser: Browser,
  many: ManyServices,
  rounds: number,
  say: (text: string) => void,
): Promise<ManyTimes> {
  const firstView: number[] = [];
  const change: number[] = [];
  // The first counts have to be there.
  const warm = await browser.newPage();
  await warm.goto(`http://${many.admin}/dashboard/`);
  await warm.locator('.services .spark').first().waitFor({ timeout: patienceMs });
  await warm.close();
  for (let round = 0; round < rounds; round += 1) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(patienceMs);
    const opened = performance.now();
    await page.goto(`http://${many.admin}/dashboard/`, { waitUntil: 'commit' });
    await page.locator('.services tbody tr .spark').first().waitFor();
    firstView.push(performance.now() - opened);

    const at = (round * 37) % many.services;
    await page.locator('.filter').fill(many.nameOf(at));
    const cell = page.locator('.services td[data-label=pods]');
    await cell.filter({ hasText: '10' }).waitFor();
    const changed = performance.now();
    await many.remove(at);
    await cell.filter({ hasText: '9' }).waitFor();
    change.push(performance.now() - changed);
    await many.remove(undefined);
    await cell.filter({ hasText: '10' }).waitFor();
    await page.close();
  }
  const times = { services: many.services, firstView: timesOf(firstView), change: timesOf(change) };
  say(
    `${many.services} Services: first view after ${timesText(times.firstView)}, a change after ${timesText(times.change)}`,
  );
  return times;
}
