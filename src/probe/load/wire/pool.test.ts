import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeHeaders } from '@evenkeel/xds/http2';
import { dialWith } from '../../target/dial.ts';
import { emptyMessage, grpcHeaders, RawHttp2Server } from '../../testing/raw-http2-server.ts';
import type { WireAnswer } from './call.ts';
import { status } from './grpc-status-of.ts';
import { Pool } from './pool.ts';
import { encodeRequest } from './request.ts';

test('a call that runs into its deadline says how far it came', async (t) => {
  const silent = await RawHttp2Server.start({ onRequest: () => {} });
  const endless = await RawHttp2Server.start({
    onRequest: (stream) => stream.headers(grpcHeaders).data(emptyMessage).data(emptyMessage),
  });
  t.after(() => Promise.all([silent.stop(), endless.stop()]));
  for (const [server, error] of [
    [silent, 'no answer within 200 ms'],
    [endless, 'the answer did not end within 200 ms: 2 messages came'],
  ] as const) {
    const request = encodeRequest(encodeHeaders([[':path', '/s/m']], true), [Buffer.alloc(0)]);
    const pool = new Pool({
      ...{ dial: dialWith(undefined), request, connections: 1, deadlineMs: 200, connectMs: 20_000 },
    });
    t.after(() => pool.close());
    await pool.follow([{ host: '127.0.0.1', port: server.port }]);
    const answer = await new Promise<WireAnswer>((resolve) => {
      pool.begin({ single: false, keepMessage: false }, performance.now(), resolve);
    });
    assert.deepEqual([answer.status, answer.error], [status.deadlineExceeded, error]);
  }
});
