// Takes docs/page.png, the README's picture of the page, from a real run: a control plane, backends and clients, one of whose
// pods is frozen. It takes two minutes.
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Fleet } from '../test/dashboard/fleet.ts';
import { readArguments } from './arguments.mjs';

const { positionals } = readArguments(
  `Usage: node scripts/page-picture.mjs [FILE]
Takes the picture of the page that the README shows (default docs/page.png)
from a real run. Needs Chromium: EVENKEEL_CHROMIUM, or /usr/bin/chromium.
Example:
  node scripts/page-picture.mjs /tmp/page.png`,
  {},
  true,
);
const path = positionals[0] ?? join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs', 'page.png');
const executablePath = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';
/** So much of the past is in the plot. */
const calmMs = 75_000;
/** Calls go on without the pod for so long. */
const afterMs = 20_000;

const fleet = await Fleet.start(
  [
    { namespace: 'shop', name: 'orders', pods: 5 },
    { namespace: 'shop', name: 'cart', pods: 3 },
    { namespace: 'bank', name: 'payments', pods: 3 },
  ],
  ['--load-reports'],
);
try {
  const caller = { namespace: 'shop', targets: ['orders', 'cart'] };
  fleet.call({ ...caller, pod: 'web-7c9d8f6b5c-x2x4z', zone: 'zone-a', rate: 40 });
  fleet.call({ ...caller, pod: 'web-7c9d8f6b5c-k8lqm', zone: 'zone-b', rate: 30 });
  fleet.call({ ...caller, pod: 'orders-6b7fb94bfb-hf6zv', zone: 'zone-a', targets: ['payments.bank'], rate: 20 });
  await delay(calmMs);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1120, height: 860 } });
    await page.goto(`http://${fleet.admin}/dashboard/#/services/shop/orders:50051`);
    await page.locator('.badge', { hasText: 'balanced' }).waitFor({ timeout: 120_000 });
    const [, frozen] = fleet.pods('orders');
    fleet.freeze(frozen);
    await page.locator('.pods tr', { hasText: frozen }).locator('.badge', { hasText: 'ejected' }).waitFor();
    await delay(afterMs);
    await page.screenshot({ path });
    console.log(path);
  } finally {
    await browser.close();
  }
} finally {
  await fleet.stop();
}
