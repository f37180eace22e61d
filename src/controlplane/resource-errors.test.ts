import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdsTestClient, typeUrls } from '@evenkeel/xds';
import { startControlPlane } from '../explain/testing/control-plane.ts';
import { grpcService, readyEndpoint } from './testing/told-source.ts';

const reads = { namespace: 'shop', resourceErrors: true };

test('a client that says that it reads errors hears why it gets no listener', async (t) => {
  const { tell, connect } = await startControlPlane(t);
  tell.upsert(grpcService('shop/orders', [readyEndpoint('10.0.0.1')]));
  // A name that no client can dial: what it would become is refused before it is published.
  tell.upsert(grpcService('shop/broken', [{ ...readyEndpoint('10.0.0.1'), address: 'no.address' }]));
  tell.synced();
  const ads = await connect('web-1', 'shop', reads as never);
  const names = ['orders', 'ordres', 'orders.test', 'orders:80', 'orders..shop', 'broken'];
  const response = await ads.requestResponseAck(typeUrls.listener, names);
  assert.deepEqual(response.names, ['orders']);
  const said = response.errors.map(({ name, code, message }) => [name, code, message] as const);
  assert.deepEqual(
    said.map(([name, code]) => [name, code]),
    [
      ['ordres', 5],
      ['orders.test', 5],
      ['orders:80', 5],
      ['orders..shop', 5],
      ['broken', 13],
    ],
  );
  assert.equal(said[0]![2], "there is no Service shop/ordres (the namespace is the client's)");
  assert.equal(said[2]![2], 'Service shop/orders has no port 80');
  assert.match(said[4]![2], /^its Service is not published, as clients would reject it: /);
  const { errors } = await ads.requestResponseAck(typeUrls.cluster, ['shop/none:1']);
  assert.deepEqual(errors, [{ name: 'shop/none:1', code: 5, message: 'there is no such cluster' }]);
});

test('a client that does not say so hears nothing of it', async (t) => {
  const { tell, xds } = await startControlPlane(t);
  tell.upsert(grpcService('shop/orders', [readyEndpoint('10.0.0.1')]));
  tell.synced();
  for (const resourceErrors of [undefined, false, 'true', 1]) {
    const metadata = { namespace: 'shop', ...(resourceErrors === undefined ? {} : { resourceErrors }) };
    const client = await AdsTestClient.connect(`http://${xds}`, { node: { id: 'web-1', metadata } });
    t.after(() => client.close());
    const { errors } = await client.sotw().requestResponseAck(typeUrls.listener, ['ordres']);
    assert.deepEqual(errors, []);
  }
});
