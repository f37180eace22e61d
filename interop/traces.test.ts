// System C in the lab, with a real Zipkin as the store of its traces.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { pathOf, type StoredSpan } from '../src/workloads/testing/stored-span.ts';
import { SystemProcess } from '../test/support/system-process.ts';
import { startZipkin } from './traces/start-zipkin.ts';
import { without } from './traces/without.ts';

const jar = resolve(import.meta.dirname, '..', 'build', 'interop', 'zipkin', 'zipkin.jar');
const browser = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';

const forms: Readonly<Record<string, Record<string, string>>> = {
  none: {},
  w3c: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  b3: { b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1' },
  b3multi: { 'x-b3-traceid': '463ac35c9f6413ad', 'x-b3-spanid': 'a2fb4a1d1a96d312', 'x-b3-sampled': '1' },
};

const skip = without(jar, 'there is no Zipkin: node interop/install.mjs zipkin');

test('one trace from A to C in a real trace store', { skip, timeout: 300_000 }, async (t) => {
  const zipkin = await startZipkin(jar);
  t.after(() => zipkin.stop());
  const system = await SystemProcess.start('c', {}, ['--traces', `${zipkin.url}/api/v2/spans`]);
  t.after(() => system.stop());
  const A = system.ready.addresses.A!;
  const known = new Set((await system.run('evenkeel lab ps')).match(/service-[abc]-[a-z0-9]+-[a-z0-9]{5}/g));

  for (const protocol of ['http', 'grpc']) {
    for (const [form, headers] of Object.entries(forms)) {
      const user = `${form}-${protocol}`;
      const response = await fetch(`${A}/hops?via=dns&protocol=${protocol}&user=${user}`, { headers });
      assert.equal(response.status, 200);
      const { hops } = (await response.json()) as { hops: { pod: string }[] };
      const traces = await zipkin.tracesOf('user', user, 5);
      assert.equal(traces.length, 1, user);
      // The caller's trace has the calls of both protocols.
      const spans = traces[0]!.filter(({ tags }) => tags.user === user);
      assert.deepEqual(
        pathOf(spans),
        ['SERVER service-a', 'CLIENT service-a', 'SERVER service-b', 'CLIENT service-b', 'SERVER service-c'],
        user,
      );
      const pods = new Set(spans.map(({ tags }) => tags['k8s.pod.name']!));
      assert.deepEqual([...pods].sort(), hops.map(({ pod }) => pod).sort(), 'the pods that answered are named');
      for (const pod of pods) assert.ok(known.has(pod), pod);
    }
  }

  const calls = 40;
  for (let made = 0; made < calls; made++) await fetch(`${A}/hops?via=dns&user=many`);
  const many = await zipkin.tracesOf('user', 'many', calls * 5);
  assert.deepEqual([many.length, many.flat().length], [calls, calls * 5], 'as many spans as there were calls');

  const noBrowser = without(browser, 'there is no Chromium (Debian: chromium), or name it with EVENKEEL_CHROMIUM');
  if (noBrowser !== false) return t.diagnostic(`the page of Zipkin is not looked at: ${noBrowser}`);
  const chrome = await chromium.launch({ executablePath: browser, args: ['--no-sandbox', '--disable-gpu'] });
  t.after(() => chrome.close());
  const page = await chrome.newPage();
  const [[first]] = (await zipkin.tracesOf('user', 'none-grpc', 5)) as [[StoredSpan]];
  await page.goto(`${zipkin.url}/zipkin/traces/${first.traceId}`);
  for (const text of ['service-a: get /hops', 'service-b: chain.chain/get', 'service-c: chain.chain/get']) {
    await page.getByText(text).first().waitFor();
  }
});
