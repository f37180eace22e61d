import assert from 'node:assert/strict';
import { test } from 'node:test';
import { similarTargets } from './similar-targets.ts';

const services = [
  'shop/orders',
  'shop/order',
  'test/orders',
  'shop/cart',
  'shop/checkout',
  'orders/shop',
  'pay/orderz',
].map((key) => ({ namespace: key.split('/')[0]!, name: key.split('/')[1]! }));

test('what reads like a name that does not exist comes first', () => {
  const cases: [namespace: string, name: string, similar: string[]][] = [
    ['default', 'orders', ['orders.shop', 'orders.test', 'order.shop', 'orderz.pay']],
    ['shop', 'ordres', ['orders.shop', 'order.shop', 'orders.test']],
    ['cart', 'shop', ['cart.shop', 'shop.orders']],
    ['shpo', 'checkout', ['checkout.shop']],
    ['shop', 'checkout-deployment', ['checkout.shop']],
    ['shop', 'che', []],
    ['test', 'cart-v1', []],
    ['shop', 'nothing', []],
  ];
  for (const [namespace, name, similar] of cases) {
    const found = similarTargets({ namespace, name }, services);
    assert.deepEqual(found.slice(0, similar.length), similar, `${namespace}/${name}: ${found}`);
    if (similar.length === 0) assert.deepEqual(found, []);
  }
});

test('there are at most five', () => {
  const many = Array.from({ length: 100 }, (_, index) => ({ namespace: `n${index}`, name: 'orders' }));
  assert.equal(similarTargets({ namespace: 'default', name: 'orders' }, many).length, 5);
});
