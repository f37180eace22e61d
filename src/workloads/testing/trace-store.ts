import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** A span as Zipkin's API takes it (its v2 model), as far as tests look at it. */
export interface StoredSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind?: 'SERVER' | 'CLIENT';
  readonly name: string;
  readonly localEndpoint: { readonly serviceName: string };
  readonly tags: Readonly<Record<string, string>>;
}

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
