import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../load/engine.ts';
import { callOnce, withEngine } from '../testing/open-for-test.ts';
import { RawHttp2Server, setting } from '../testing/raw-http2-server.ts';

for (const [streams, waits] of [
  [1, 4],
  [3, 2],
  [100, 0],
] as const) {
  test(`of 5 calls to a server that allows ${streams} at a time, ${waits} wait inside of grpc-js`, async (t) => {
    let engine: Engine | undefined;
    const server = await RawHttp2Server.start({
      settings: [[setting.maxConcurrentStreams, streams]],
      onRequest(stream) {
        // All are begun before the first is answered.
        const answer = (): void => {
          if (engine!.streamWaits! >= waits) stream.ok();
          else setImmediate(answer);
        };
        answer();
      },
    });
    t.after(() => server.stop());
    await withEngine(server.address, { deadline: '50s' }, async (opened) => {
      engine = opened;
      const ended = await Promise.all(Array.from({ length: 5 }, () => callOnce(opened)));
      assert.deepEqual(new Set(ended.map(({ status }) => status)), new Set(['OK']));
      assert.equal(opened.streamWaits, waits);
      // What waited is gone, and so is its count.
      assert.equal((await callOnce(opened)).status, 'OK');
      assert.equal(opened.streamWaits, waits);
    });
  });
}
