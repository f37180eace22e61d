import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Feed } from '../../src/feed/feed.ts';
import type { FeedEvent } from '../../src/feed/rows.ts';
import type { LoadView } from '../../src/load/load-view.ts';
import { patienceMs } from './browser.ts';
import { startFeedServer } from './feed-server.ts';

const docs = resolve(import.meta.dirname, '..', '..', 'docs');

/** The README's picture, and what it was drawn from. */
export const pictureFiles = { picture: join(docs, 'page.png'), record: join(docs, 'page.json') };

/** What a real run showed, and what the page made of it: `docs/page.json`. */
export interface PictureRecord {
  /** The fragment of the page's address. */
  readonly hash: string;
  /** All rows of the page at one moment of the run. */
  readonly event: FeedEvent;
  /** What `evenkeel top` was answered in the same run. */
  readonly load: LoadView;
  /** Every word on the page, in the order in which they stand. */
  readonly text: string;
  /** SHA-256 of the picture. */
  readonly picture: string;
}

/** The page as it shows what a run showed, in a window of the picture's size. */
export async function openReplay(browser: Browser, { hash, event }: Pick<PictureRecord, 'hash' | 'event'>) {
  const feed: Pick<Feed, 'open'> = {
    open(_topic, _port, send) {
      send(() => event);
      // A page that hears nothing says so.
      const timer = setInterval(() => send(() => ({ asOf: event.asOf, rows: [], gone: [] })), 500);
      return () => clearInterval(timer);
    },
  };
  const server = await startFeedServer(feed as Feed);
  const page = await browser.newPage({ viewport: { width: 1120, height: 860 }, timezoneId: 'UTC' });
  page.setDefaultTimeout(patienceMs);
  await page.goto(`http://${server.admin}/dashboard/${hash}`);
  await page.locator('.happened').waitFor();
  const close = async (): Promise<void> => {
    await page.close();
    await server.close();
  };
  return { page, close };
}

export function textOf(page: Page): Promise<string> {
  return page.locator('#app').innerText();
}

/** @param picture - the PNG */
export function hashOf(picture: Buffer): string {
  return createHash('sha256').update(picture).digest('hex');
}
