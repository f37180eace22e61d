import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Engine } from '../load/engine.ts';
import { type EngineCase, engineCases } from '../testing/engine-cases.ts';
import { RawHttp2Server } from '../testing/raw-http2-server.ts';
import { openEngine } from './open-engine.ts';
import { parseProbeOptions } from './options.ts';

const timeout = 60_000;
const never = new AbortController().signal;

async function run({ server: behaviour, ...one }: EngineCase, engine: string): Promise<[string, string][]> {
  const server = await RawHttp2Server.start(behaviour);
  const data = {
    method: 'grpc.health.v1.Health/Check',
    data: JSON.stringify({ service: 'x'.repeat(one.requestLength ?? 0) }),
  };
  const options = parseProbeOptions(server.address, { engine, deadline: one.deadline ?? '20s', ...data });
  try {
    const { engine, close } = await openEngine(options, never);
    try {
      return await Promise.all(Array.from({ length: one.calls ?? 1 }, () => call(engine)));
    } finally {
      engine.close();
      await close();
      if (behaviour.onHead === undefined) assert.equal(server.violations, 0, 'no window was overrun');
    }
  } finally {
    await server.stop();
  }
}

function call(engine: Engine): Promise<[string, string]> {
  return new Promise((resolve) => engine.call((status, _who, _peer, error = '') => resolve([status, error])));
}

for (const engine of ['channel', 'wire']) {
  suite(`what the engine ${engine} makes of servers`, { timeout, concurrency: 4 }, () => {
    for (const one of engineCases) {
      test(one.name, { timeout }, async () => {
        const ended = await run(one, engine);
        const expected = (engine === 'channel' ? one.grpcJs : undefined) ?? one.status;
        assert.deepEqual([...new Set(ended.map(([status]) => status))], [expected], JSON.stringify(ended));
        if (one.says !== undefined) assert.match(ended[0]![1], one.says);
      });
    }
  });
}
