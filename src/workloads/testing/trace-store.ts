import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { StoredSpan } from './stored-span.ts';

/** Takes spans as Zipkin does, for tests that want to wait for each; a real store is used beside it. */
export interface TraceStore {
  /** For the environment of a workload. */
  readonly env: Readonly<Record<string, string>>;
  readonly spans: readonly StoredSpan[];
  /** Resolves with the spans that pass, once there are `count`. */
  when(count: number, passes: (span: StoredSpan) => boolean): Promise<StoredSpan[]>;
}

export async function startTraceStore(test: TestContext): Promise<TraceStore> {
  const spans: StoredSpan[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    spans.push(...(JSON.parse(Buffer.concat(chunks).toString()) as StoredSpan[]));
    response.writeHead(202).end();
    for (const look of waiting) look();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/spans`;
  return {
    spans,
    env: { OTEL_EXPORTER_ZIPKIN_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '20' },
    when: (count, passes) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = spans.filter(passes);
          if (found.length < count) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
