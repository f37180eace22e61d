import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { quantile } from '../../src/verdict/quantile.ts';
import { patienceMs } from '../../test/dashboard/browser.ts';
import type { ManyServices } from './many-services.ts';

/** What is left of a page after a collection. */
export interface MemorySample {
  readonly atMinute: number;
  readonly heapBytes: number;
  readonly domNodes: number;
  readonly listeners: number;
}

export interface MemoryWatch {
  readonly minutes: number;
  /** By page: all Services, one Service, and one that goes from page to page. */
  readonly pages: Readonly<Record<string, readonly MemorySample[]>>;
  /** Whether the last quarter is as the second; undefined: too short to say. */
  readonly isFlat: boolean | undefined;
}

/** Lines of the last four minutes grow until they are full. */
const shortestMinutes = 8;
const walkEveryMs = 5_000;

/** Leaves three pages open for so long, and looks each minute at what they hold. */
export async function watchMemory(
  browser: Browser,
  many: ManyServices,
  minutes: number,
  say: (text: string) => void,
): Promise<MemoryWatch> {
  const one = `#/services/default/${many.nameOf(0)}:50051`;
  const starts = { services: '#/services', service: one, walker: '#/services' };
  const opened = await Promise.all(
    Object.entries(starts).map(async ([name, hash]) => {
      const page = await browser.newPage();
      page.setDefaultTimeout(patienceMs);
      await page.goto(`http://${many.admin}/dashboard/${hash}`);
      await page.locator('tbody tr').first().waitFor();
      return { name, page, session: await page.context().newCDPSession(page), samples: [] as MemorySample[] };
    }),
  );
  const over = new AbortController();
  const walk = walkAround(opened.at(-1)!.page, [one, '#/map', '#/clients', '#/control', '#/services'], over.signal);
  say('minute  page      heap MB  DOM nodes  listeners');
  for (let minute = 0; minute <= minutes; minute += 1) {
    if (minute > 0) await delay(60_000);
    for (const { name, session, samples } of opened) {
      const sample = { atMinute: minute, ...(await sampleOf(session)) };
      samples.push(sample);
      say(
        [
          String(minute).padStart(6),
          name.padEnd(8),
          (sample.heapBytes / 1e6).toFixed(2).padStart(8),
          String(sample.domNodes).padStart(9),
          String(sample.listeners).padStart(9),
        ].join('  '),
      );
    }
  }
  over.abort();
  await walk;
  await Promise.all(opened.map(({ page }) => page.close()));
  const isLong = minutes >= shortestMinutes;
  if (isLong) await many.assertReporting();
  const isFlat = isLong ? opened.every(({ samples }) => staysFlat(samples)) : undefined;
  say(`The browser's memory: ${isFlat === undefined ? 'too short to say' : isFlat ? 'flat' : 'grows'}`);
  return { minutes, pages: Object.fromEntries(opened.map(({ name, samples }) => [name, samples])), isFlat };
}

async function walkAround(page: Page, hashes: readonly string[], signal: AbortSignal): Promise<void> {
  for (let step = 0; !signal.aborted; step += 1) {
    await page.evaluate(`location.hash = ${JSON.stringify(hashes[step % hashes.length])}`);
    await delay(walkEveryMs, undefined, { signal }).catch(() => {});
  }
  await page.evaluate('location.hash = "#/services"');
}

async function sampleOf(session: CDPSession): Promise<Omit<MemorySample, 'atMinute'>> {
  // What the first one finalizes goes with the second.
  for (let turn = 0; turn < 2; turn += 1) await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
  return { heapBytes: usedSize, domNodes: nodes, listeners: jsEventListeners };
}

/** The median of the last quarter is not above that of the second by more than a twentieth and what one event holds. */
export function staysFlat(samples: readonly Pick<MemorySample, 'heapBytes'>[]): boolean {
  const quarter = Math.floor(samples.length / 4);
  const medianOf = (part: typeof samples): number =>
    quantile(
      part.map(({ heapBytes }) => heapBytes).toSorted((a, b) => a - b),
      0.5,
    )!;
  const [second, last] = [medianOf(samples.slice(quarter, 2 * quarter)), medianOf(samples.slice(-quarter))];
  return last <= second * 1.05 + 300_000;
}
