import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';

/** Why tests in a browser are left out; false: they are not. */
export const skipBrowser =
  !existsSync(executablePath) &&
  process.env.EVENKEEL_REQUIRE !== 'all' &&
  `there is no Chromium at ${executablePath}; name one with EVENKEEL_CHROMIUM`;

/** A machine may be busy; whatever is waited for comes long before. */
export const patienceMs = 90_000;

/** Chromium, without a window. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** Chromium for one test. */
export async function launch(t: TestContext): Promise<Browser> {
  const browser = await startBrowser();
  t.after(() => browser.close());
  return browser;
}

export interface OpenedPage {
  readonly page: Page;
  /** What the browser complained about. */
  readonly complaints: string[];
  /** Origins that it asked something of. */
  readonly origins: Set<string>;
}

/** What a page is looked at in: widths in pixels, and colours. */
export const views = [
  [1280, 'light'],
  [360, 'dark'],
  [1280, 'dark'],
  [360, 'light'],
] as const;

/** A page of the dashboard at `admin`, and what goes wrong on it. */
export async function openPage(
  browser: Browser,
  admin: string,
  hash = '',
  options: { readonly width?: number; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<OpenedPage> {
  const { width = 1280, colorScheme = 'light' } = options;
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  page.setDefaultTimeout(patienceMs);
  const complaints: string[] = [];
  const origins = new Set<string>();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) origins.add(new URL(request.url()).origin);
  });
  await page.goto(`http://${admin}/dashboard/${hash}`);
  return { page, complaints, origins };
}

/** Holds a page to what everybody needs: no serious finding of axe, nothing wider than the window. */
export async function assertUsable(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  assert.deepEqual(serious, [], page.url());
  const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.ok(Number(wider) <= 0, `${page.url()} is wider than the window`);
}
