// Makes the README's pictures of the page and of `evenkeel top` from a real run: a control plane, backends and clients, one of
// whose pods is frozen. It takes two minutes.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startBrowser } from '../test/dashboard/browser.ts';
import { Fleet } from '../test/dashboard/fleet.ts';
import { hashOf, openReplay, pictureFiles, textOf } from '../test/dashboard/replay.ts';
import { readArguments } from './arguments.mjs';

const { values } = readArguments(
  `Usage: node scripts/page-picture.mjs [--redraw]
Makes the pictures of the page and of evenkeel top that the README shows.
A run in which a pod is frozen is recorded in docs/page.json; docs/page.png
is the page of that record, and top in the README is printed from it.
  --redraw  draw what was recorded before: the page looks different now
Needs Chromium: EVENKEEL_CHROMIUM, or /usr/bin/chromium.
Example:
  node scripts/page-picture.mjs --redraw`,
  { redraw: { type: 'boolean', default: false } },
);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const hash = '#/services/shop/orders:50051';
/** So much of the past is in the plot. */
const calmMs = 75_000;
/** Calls go on without the pod for so long. */
const afterMs = 20_000;

const browser = await startBrowser();
try {
  const recorded = values.redraw ? JSON.parse(readFileSync(pictureFiles.record, 'utf8')) : await record();
  const { page, close } = await openReplay(browser, recorded);
  const picture = await page.screenshot();
  const text = await textOf(page);
  await close();
  writeFileSync(pictureFiles.picture, picture);
  const all = { ...recorded, text, picture: hashOf(picture) };
  writeFileSync(pictureFiles.record, `${JSON.stringify(all, undefined, 1)}\n`);
} finally {
  await browser.close();
}
execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', pictureFiles.record]);
execFileSync(process.execPath, ['--test', '--test-update-snapshots', join(root, 'test', 'readme.test.ts')]);
console.log('docs/page.png, docs/page.json and README.md are made');

/** Runs a fleet, freezes a pod, and notes what the page and `evenkeel top` are sent. */
async function record() {
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
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(`http://${fleet.admin}/dashboard/${hash}`);
    await page.locator('.badge', { hasText: 'balanced' }).waitFor();
    const [, frozen] = fleet.pods('orders');
    fleet.freeze(frozen);
    await page.locator('.pods tr', { hasText: frozen }).locator('.badge', { hasText: 'ejected' }).waitFor();
    await page.close();
    await delay(afterMs);
    const [event, load] = await Promise.all([firstEvent(fleet.admin), fetch(`http://${fleet.admin}/load`)]);
    const { services, ...all } = await load.json();
    return { hash, event, load: { ...all, services: services.filter(({ name }) => name === 'orders') } };
  } finally {
    await fleet.stop();
  }
}

/** What a page of the Service is sent first: all its rows. */
async function firstEvent(admin) {
  const port = hash.replace('#/services/', '');
  const answer = await fetch(`http://${admin}/dashboard/events?${new URLSearchParams({ topic: 'service', port })}`);
  let text = '';
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes('\n\n')) break;
  }
  return JSON.parse(/^event: rows\ndata: (.*)$/m.exec(text)[1]);
}
