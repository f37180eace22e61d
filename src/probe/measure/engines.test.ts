import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type EngineCase, engineCases } from '../testing/engine-cases.ts';
import { callOnce, type EndedCall, withEngine } from '../testing/open-for-test.ts';
import { RawHttp2Server } from '../testing/raw-http2-server.ts';

const timeout = 60_000;

async function run({ server: behaviour, ...one }: EngineCase, engine: string): Promise<EndedCall[]> {
  const server = await RawHttp2Server.start(behaviour);
  const data = {
    method: 'grpc.health.v1.Health/Check',
    data: JSON.stringify({ service: 'x'.repeat(one.requestLength ?? 0) }),
  };
  try {
    const ended = await withEngine(server.address, { engine, deadline: one.deadline ?? '20s', ...data }, (opened) =>
      Promise.all(Array.from({ length: one.calls ?? 1 }, () => callOnce(opened))),
    );
    if (behaviour.onHead === undefined) assert.equal(server.violations, 0, 'no window was overrun');
    return ended;
  } finally {
    await server.stop();
  }
}

for (const engine of ['channel', 'wire']) {
  suite(`what the engine ${engine} makes of servers`, { timeout, concurrency: 4 }, () => {
    for (const one of engineCases) {
      test(one.name, { timeout }, async () => {
        const ended = await run(one, engine);
        const expected = (engine === 'channel' ? one.grpcJs : undefined) ?? one.status;
        assert.deepEqual([...new Set(ended.map(({ status }) => status))], [expected], JSON.stringify(ended));
        if (one.says !== undefined) assert.match(ended[0]!.error ?? '', one.says);
      });
    }
  });
}
