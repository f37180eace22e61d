import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { chromium } from 'playwright-core';
import { printProbe } from '../measure/print.ts';
import type { ProbeReport } from '../measure/report.ts';
import { probeReport } from '../testing/probe-report.ts';
import { probePage } from './probe-page.ts';

const executablePath = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';
const skip =
  !existsSync(executablePath) &&
  process.env.EVENKEEL_REQUIRE !== 'all' &&
  `there is no Chromium at ${executablePath}; name one with EVENKEEL_CHROMIUM`;

const passed = [{ expectation: 'at most 5 calls fail', met: true, seen: '0 of 1000' }];

test('the headline is the result of the gate, where there is one, and the verdict elsewhere', () => {
  const failed = probePage(probeReport());
  assert.match(failed, /<h1>dns:\/\/\/orders\.shop:50051: the gate failed<\/h1>/);
  assert.match(failed, /<div class="head bad"><b>The gate failed<\/b>Expected balanced, saw partial/);
  const good = probePage(probeReport({ gate: passed, verdict: 'pinned', why: 'one backend answered', do: 'nothing' }));
  assert.match(good, /<div class="head good"><b>The gate passed<\/b>One backend answered\. 1000 calls/);
  assert.doesNotMatch(good, /To do/);
  const none = probePage(probeReport({ gate: null }));
  assert.match(none, /<h1>dns:\/\/\/orders\.shop:50051 is partial<\/h1>/);
  assert.match(none, /<div class="head fair"><b>Only 2 of 3 backends answered/);
});

test('which backend fails, and what no backend is known for', () => {
  const report = probeReport({ failed: 340, failures: { UNAVAILABLE: 335, INTERNAL: 5 } });
  const rows = (page: string): string[] =>
    [
      ...page
        .slice(page.indexOf('Failures by backend'))
        .split('</table>')[0]!
        .matchAll(/<tr>(.*?)<\/tr>/g),
    ].map(([, row]) =>
      row!
        .replace(/<[^>]+>/g, ' ')
        .replace(/ +/g, ' ')
        .trim(),
    );
  assert.deepEqual(rows(probePage(report)).slice(1), [
    'orders-canary-with-a-long-name-5f6d7c8b9-m4t7w 332 100.0 % UNAVAILABLE 332',
    '(no backend known) 8 100.0 % UNAVAILABLE 3, INTERNAL 5',
  ]);
  assert.doesNotMatch(probePage(probeReport({ failed: 0, failures: {} })), /Failures by backend/);
});

test('the slowest is in the legend, the command line and the machine are on the page', () => {
  const page = probePage(probeReport());
  assert.match(page, /<\/i>slowest<\/span>/);
  assert.doesNotMatch(page, /1 more/);
  assert.match(page, /<code>evenkeel probe dns:\/\/\/orders\.shop:50051 --method shop\.Orders\/Get/);
  assert.match(page, /Linux 6\.1 x64, 4 processors, 8000 MiB/);
});

test('what others say is escaped, and what cannot be seen is written out', () => {
  const hostile = '<img src=x onerror=alert(1)>\u202e\u001b[31m';
  const report = probeReport({ errors: { UNAVAILABLE: hostile }, target: hostile });
  report.backends.list[0]!.name = hostile;
  const page = probePage(report);
  for (const raw of ['<img', '\u202e', '\u001b']) assert.ok(!page.includes(raw), raw);
  assert.match(page, /&#60;img src=x onerror=alert\(1\)&#62;\\u\{202e\}\\x1b\[31m/);
});

test('one call is one call', () => {
  assert.match(printProbe(probeReport({ calls: 1 }), false), /^1 call to /);
});

test('a backend may be called as what every object has', () => {
  const named = (name: string): ProbeReport => {
    const report = probeReport();
    report.backends.list[0]!.name = name;
    return report;
  };
  // None of the seconds has calls of it, as if it had come late.
  for (const name of ['constructor', 'valueOf']) {
    assert.equal(probePage(named(name)).replaceAll(name, 'web-0'), probePage(named('web-0')), name);
    assert.equal(
      printProbe(named(name), false).replaceAll(name, 'x'.repeat(name.length)),
      printProbe(named('x'.repeat(name.length)), false),
    );
  }
});

test('in a browser: no name is cut off, nothing is wider than a phone, nothing is loaded', {
  skip,
}, async (t: TestContext) => {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  t.after(() => browser.close());
  const report = probeReport();
  for (const backend of report.backends.list) backend.name += '-and-a-much-longer-name'.repeat(4);
  for (const [width, colorScheme] of [
    [1200, 'dark'],
    [360, 'light'],
  ] as const) {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const asked: string[] = [];
    page.on('request', ({ url }) => asked.push(url()));
    page.on('pageerror', (error) => assert.fail(error));
    await page.setContent(probePage(report));
    assert.ok(((await page.evaluate('document.documentElement.scrollWidth')) as number) <= width);
    const names = (await page.evaluate(`[...document.querySelectorAll('.bars .name')].map((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      const text = range.getBoundingClientRect();
      const card = element.closest('section').getBoundingClientRect();
      return { text: element.textContent, whole: text.left >= card.left && text.right <= card.right };
    })`)) as { text: string; whole: boolean }[];
    assert.deepEqual(
      names,
      report.backends.list.map(({ name }) => ({ text: name, whole: true })),
    );
    assert.deepEqual(asked, []);
    await page.close();
  }
});
