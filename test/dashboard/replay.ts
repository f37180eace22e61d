import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { formatAddress } from '../../src/base/listen-address.ts';
import { startAdminServer } from '../../src/controlplane/admin-server.ts';
import type { Feed } from '../../src/feed/feed.ts';
import type { FeedEvent } from '../../src/feed/rows.ts';
import type { LoadView } from '../../src/load/load-view.ts';

const root = resolve(import.meta.dirname, '..', '..');

/** The README's picture, and what it was drawn from. */
export const pictureFiles = { picture: join(root, 'docs', 'page.png'), record: join(root, 'docs', 'page.json') };

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
  /** SHA-256 of what words do not say: the style sheet, and the code that draws lines. */
  readonly look: string;
  /** SHA-256 of the picture. */
  readonly picture: string;
}

/** The page as it shows what a run showed, in a window of the picture's size. */
export async function openReplay(browser: Browser, { hash, event }: Pick<PictureRecord, 'hash' | 'event'>) {
  const feed: Pick<Feed, 'open'> = {
    open(_topic, _port, send) {
      send(() => event);
      // As long as nothing changes: a page that hears nothing says so.
      const timer = setInterval(() => send(() => ({ asOf: event.asOf, rows: [], gone: [] })), 500);
      return () => clearInterval(timer);
    },
  };
  const admin = await startAdminServer(
    { host: '127.0.0.1', port: 0 },
    {
      readiness: () => ({ ready: true, reasons: [], degraded: [] }),
      metrics: async () => ({ contentType: '', text: '' }),
      ...{ configDump: () => ({}), clients: () => ({}), explain: () => ({}) },
      feed: feed as Feed,
    },
  );
  const page = await browser.newPage({ viewport: { width: 1120, height: 860 }, timezoneId: 'UTC' });
  await page.goto(`http://${formatAddress(admin.host, admin.port)}/dashboard/${hash}`);
  await page.locator('.happened').waitFor();
  const close = async (): Promise<void> => {
    await page.close();
    await admin.close();
  };
  return { page, close };
}

export function textOf(page: Page): Promise<string> {
  return page.locator('#app').innerText();
}

/** @param picture - the PNG */
export function hashesOf(picture: Buffer): Pick<PictureRecord, 'look' | 'picture'> {
  const looks = ['app.css', 'parts/plot.tsx'].map((name) => readFileSync(join(root, 'src', 'dashboard', name)));
  const hashOf = (...parts: Buffer[]): string => createHash('sha256').update(Buffer.concat(parts)).digest('hex');
  return { look: hashOf(...looks), picture: hashOf(picture) };
}
