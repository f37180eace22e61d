import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertUsable, launch, openPage, skipBrowser, views } from './browser.ts';
import { Fleet } from './fleet.ts';

const orders = '#/services/shop/orders:50051';
const web = { namespace: 'shop', pod: 'web-7c9d8f6b5c-x2x4z', zone: 'zone-a', targets: ['orders', 'cart'], rate: 40 };

test('the page sees Services even, names a pod that is frozen, and is usable everywhere', {
  skip: skipBrowser,
}, async (t) => {
  const fleet = await Fleet.start(
    [
      { namespace: 'shop', name: 'orders', pods: 4 },
      { namespace: 'shop', name: 'cart', pods: 3 },
    ],
    ['--load-reports'],
  );
  t.after(() => fleet.stop());
  fleet.call(web);
  fleet.call({ ...web, pod: 'orders-6b7fb94bfb-hf6zv', zone: 'zone-b', targets: ['cart'] });
  const browser = await launch(t);
  const { page, complaints, origins } = await openPage(browser, fleet.admin);

  const rowOf = (name: string) => page.locator('tr', { has: page.locator('th', { hasText: name }) });
  for (const name of ['shop/orders', 'shop/cart']) await rowOf(name).locator('.badge.good').waitFor();
  assert.equal(await rowOf('shop/orders').locator('.off').innerText(), '');

  const frozen = fleet.pods('orders')[1]!;
  fleet.freeze(frozen);
  await rowOf('shop/orders').locator('.off', { hasText: frozen }).waitFor();
  assert.equal(await rowOf('shop/cart').locator('.off').innerText(), '', 'no other pod is named');

  await rowOf('shop/orders').locator('a').click();
  await page.locator('.pods tr', { hasText: frozen }).locator('.badge.bad').waitFor();
  await page.locator('.happened li', { hasText: frozen }).locator('.badge', { hasText: 'ejected' }).waitFor();
  await page.locator('.callers', { hasText: 'shop/web' }).waitFor();
  const gone = fleet.pods('orders')[3]!;
  await fleet.remove(gone);
  await page.locator('.happened li', { hasText: gone }).locator('.badge', { hasText: 'went' }).waitFor();

  await page.keyboard.press('2');
  await page.locator('.drawing .node', { hasText: 'web' }).waitFor();
  assert.equal(await page.locator('.drawing .node').count(), 3, 'web calls orders and cart, and orders calls cart');
  await page.keyboard.press('3');
  await page.locator('.clients tbody tr', { hasText: 'web-' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('web');
  await page.locator('.clients tbody tr', { hasText: 'orders-' }).waitFor({ state: 'detached' });
  await page.locator('.clients tbody tr', { hasText: 'Node' }).waitFor();
  assert.equal(await page.locator('.clients tbody tr').count(), 1);
  await page.close();
  assert.deepEqual(complaints, []);
  assert.deepEqual([...origins], [`http://${fleet.admin}`]);

  for (const [width, colorScheme] of views) {
    const opened = await openPage(browser, fleet.admin, '', { width, colorScheme });
    for (const [hash, shown] of [
      ['#/services', 'shop/orders'],
      [orders, frozen],
      ['#/map', 'shop/web'],
      ['#/clients', 'web-'],
      ['#/control', 'file'],
    ] as const) {
      await opened.page.goto(`http://${fleet.admin}/dashboard/${hash}`);
      await opened.page.locator('tbody th', { hasText: shown }).first().waitFor();
      await assertUsable(opened.page);
    }
    await opened.page.close();
    assert.deepEqual(opened.complaints, []);
  }
});

test('without load reports the page says so, and shows Services, endpoints and clients', {
  skip: skipBrowser,
}, async (t) => {
  const fleet = await Fleet.start([{ namespace: 'shop', name: 'orders', pods: 2 }]);
  t.after(() => fleet.stop());
  fleet.call({ ...web, targets: ['orders'] });
  const browser = await launch(t);
  const { page, complaints } = await openPage(browser, fleet.admin);
  await page.locator('.note', { hasText: '--load-reports' }).waitFor();
  await page.locator('.services tr', { hasText: 'shop/orders' }).locator('a').click();
  for (const pod of fleet.pods('orders')) await page.locator('.pods th', { hasText: pod }).waitFor();
  await page.keyboard.press('3');
  await page.locator('.clients tr', { hasText: 'web-' }).locator('.badge', { hasText: 'SYNCED' }).waitFor();
  await assertUsable(page);
  assert.deepEqual(complaints, []);
});
