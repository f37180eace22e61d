import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Feed } from '../../src/feed/feed.ts';
import type { FeedSource } from '../../src/feed/feed-source.ts';
import type { LoadView, LoadViewService } from '../../src/load/load-view.ts';
import { launch, openPage, skipBrowser } from './browser.ts';
import { startFeedServer } from './feed-server.ts';

const hostile = '<img src=x onerror=alert(1)>';

function serviceOf(index: number): LoadViewService {
  const pods = Array.from({ length: 10 }, (_, pod) => ({
    ...{ pod: `pod-${pod}`, address: `10.0.0.${pod}:1`, zone: hostile, calls: 100, failed: 0, inFlight: 1, meanMs: 4 },
    ...{ ejected: null, total: { calls: 100, failed: 0 } },
  }));
  return {
    ...{ namespace: 'shop', name: `service-${String(index).padStart(4, '0')}`, port: 80, verdict: 'balanced' },
    ...{ since: '2026-01-01T00:00:00.000Z', why: hostile, calls: 1_000, failed: 0, total: { calls: 1_000, failed: 0 } },
    ...{ pods, callers: [{ namespace: hostile, workload: hostile, zone: hostile, calls: 1_000, failed: 0 }] },
  };
}

/** A thousand Services with ten pods each, one of which changes when the test says so. */
class ManyServices implements FeedSource {
  readonly version = hostile;
  view: LoadView = {
    ...{ asOf: '', windowMs: 10_000, streams: 1, services: Array.from({ length: 1_000 }, (_, at) => serviceOf(at)) },
  };
  readiness = () => ({ ready: true, degraded: [hostile] });
  streams = () => 1;
  load = () => this.view;
  ports = () =>
    this.view.services.map(({ namespace, name, port }) => ({
      ...{ namespace, name, port, portName: '', published: 10, known: 10, problems: [hostile] },
    }));
  endpoints = (port: string) =>
    this.view.services
      .find(({ name }) => port === `shop/${name}:80`)
      ?.pods.map(({ pod, address, zone }) => ({ pod, address, zone, kubeNode: hostile, state: 'published' }));
  trend = () => undefined;
  plan = () => ({ why: [hostile], sets: [] });
  events = () => [{ key: 'event 0', kind: 'event', atMs: 0, what: 'ejected', subject: hostile, why: hostile } as const];
  clients = () => [];
  control = () => [{ key: 'rejected a', kind: 'rejected', subject: hostile, why: hostile } as const];

  eject(index: number): void {
    const services = [...this.view.services];
    const [first, ...rest] = services[index]!.pods;
    const ejected = { since: '', until: '', why: 'fails for everybody' };
    services[index] = { ...services[index]!, pods: [{ ...first!, ejected }, ...rest] };
    this.view = { ...this.view, services };
  }
}

async function serve(t: TestContext) {
  const source = new ManyServices();
  const { admin, close } = await startFeedServer(new Feed({ source }));
  t.after(close);
  return { source, admin };
}

test('a thousand Services are shown in parts; one that changes is sent alone, and comes to the top', {
  skip: skipBrowser,
}, async (t) => {
  const { source, admin } = await serve(t);
  const browser = await launch(t);
  const { page, complaints } = await openPage(browser, admin);
  await page.locator('.services tbody tr').first().waitFor();
  assert.equal(await page.locator('.services tbody tr').count(), 50);
  await page.locator('.pager', { hasText: '1–50 of 1,000' }).waitFor();
  source.eject(777);
  await page.locator('.services tbody tr:first-child', { hasText: 'service-0777' }).waitFor();
  await page.locator('.filter').fill('service-0123');
  assert.equal(await page.locator('.services tbody tr').count(), 1);
  assert.deepEqual(complaints, []);
});

test('what others say is text on every page', { skip: skipBrowser }, async (t) => {
  const { admin } = await serve(t);
  const browser = await launch(t);
  const { page, complaints } = await openPage(browser, admin);
  for (const hash of ['#/services', '#/services/shop/service-0001:80', '#/map', '#/control', `#/services/${hostile}`]) {
    await page.goto(`http://${admin}/dashboard/${hash}`);
    await page.locator('main', { hasText: hostile }).waitFor();
    assert.equal(await page.locator('img').count(), 0, hash);
  }
  assert.deepEqual(complaints, []);
});

test('the events of a page have all rows first, then those that have changed', async (t) => {
  const { source, admin } = await serve(t);
  const ended = new AbortController();
  t.after(() => ended.abort());
  const answer = await fetch(`http://${admin}/dashboard/events?topic=services`, { signal: ended.signal });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async () => {
    while (!text.includes('\n\n')) text += (await reader.read()).value;
    const [event = ''] = text.split('\n\n', 1);
    text = text.slice(event.length + 2);
    return JSON.parse(/^event: rows\ndata: (.*)$/.exec(event)![1]!) as { rows: { key: string }[] };
  };
  const first = await next();
  assert.equal(first.rows.length, 1_001);
  assert.ok(JSON.stringify(first).length < 600_000);
  source.eject(3);
  for (let event = await next(); ; event = await next()) {
    if (event.rows.length === 0) continue;
    assert.deepEqual(
      event.rows.map(({ key }) => key),
      ['service shop/service-0003:80'],
    );
    break;
  }
});

test('so many pages and no more are shown live, and one that goes makes room', async (t) => {
  const { admin } = await serve(t);
  const opened = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const ended = new AbortController();
      t.after(() => ended.abort());
      const { status } = await fetch(`http://${admin}/dashboard/events?topic=control`, { signal: ended.signal });
      assert.equal(status, 200);
      return ended;
    }),
  );
  const more = async () => {
    const ended = new AbortController();
    const { status } = await fetch(`http://${admin}/dashboard/events?topic=control`, { signal: ended.signal });
    ended.abort();
    return status;
  };
  assert.equal(await more(), 503);
  opened[0]!.abort();
  // The server hears of it when the socket closes.
  while ((await more()) !== 200);
});

test('the page is three files of less than 150 kB that need nothing from elsewhere', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-page-'));
  t.after(() => rm(folder, { recursive: true }));
  const script = resolve(import.meta.dirname, '..', '..', 'scripts', 'dashboard.mjs');
  await promisify(execFile)(process.execPath, [script, folder]);
  const names = (await readdir(folder)).sort();
  assert.deepEqual(names, ['LICENSES.txt', 'app.css', 'app.js', 'index.html']);
  const texts = await Promise.all(names.slice(1).map((name) => readFile(join(folder, name), 'utf8')));
  assert.ok(Buffer.byteLength(texts.join('')) < 150_000);
  const addresses = texts.join('').match(/https?:\/\/[^"'`\s)]+/g) ?? [];
  assert.deepEqual(
    addresses.filter((address) => !address.startsWith('http://www.w3.org/')),
    [],
  );
});
