import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredSpan } from '../../src/workloads/testing/stored-span.ts';
import { freePorts } from '../driver/free-ports.ts';

/** A real Jaeger on loopback, with its spans in memory. */
export interface Jaeger {
  /** OTLP endpoints, by `OTEL_EXPORTER_OTLP_PROTOCOL`. */
  readonly otlp: Readonly<Record<'grpc' | 'http/protobuf', string>>;
  /** Traces that begin in a service and have a tag with this value, once so many of their spans have it. */
  tracesOf(service: string, tag: string, value: string, spans: number): Promise<StoredSpan[][]>;
  stop(): Promise<void>;
}

/** How often the store is asked whether spans have come: they are sent in batches, and it has no way to say so. */
const everyMs = 200;

/** @param program - `build/interop/jaeger` */
export async function startJaeger(program: string): Promise<Jaeger> {
  const [query, queryGrpc, grpc, http] = await freePorts(4);
  const on = (port: number | undefined) => ({ endpoint: `127.0.0.1:${port}` });
  const config = {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { level: 'none' } },
    },
    extensions: {
      jaeger_storage: { backends: { memory: { memory: { max_traces: 10_000 } } } },
      jaeger_query: { storage: { traces: 'memory' }, http: on(query), grpc: on(queryGrpc) },
    },
    receivers: { otlp: { protocols: { grpc: on(grpc), http: on(http) } } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  };
  // JSON is YAML.
  const child = spawn(program, ['--config', `yaml:${JSON.stringify(config)}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  const listening = Promise.withResolvers<void>();
  let last = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line;
    if (line.includes('Starting HTTP server')) listening.resolve();
  });
  await Promise.race([
    listening.promise,
    ended.then(([code]) => {
      throw new Error(`Jaeger ended with ${code} before it listened: ${last}`);
    }),
  ]);
  return {
    otlp: { grpc: `http://127.0.0.1:${grpc}`, 'http/protobuf': `http://127.0.0.1:${http}` },
    async tracesOf(service, tag, value, spans) {
      const search = new URLSearchParams({ service, tags: JSON.stringify({ [tag]: value }), limit: '1000' });
      for (;;) {
        const response = await fetch(`http://127.0.0.1:${query}/api/traces?${search}`);
        const { data } = (await response.json()) as { data: JaegerTrace[] | null };
        const traces = (data ?? []).map(spansOf);
        if (traces.flat().filter(({ tags }) => tags[tag] === value).length >= spans) return traces;
        await delay(everyMs);
      }
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

interface Tag {
  readonly key: string;
  readonly value: unknown;
}

/** A trace of Jaeger's HTTP API, as far as it is read here. */
interface JaegerTrace {
  readonly spans: readonly {
    readonly traceID: string;
    readonly spanID: string;
    readonly operationName: string;
    readonly references: readonly { readonly spanID: string }[];
    readonly processID: string;
    readonly tags: readonly Tag[];
  }[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: readonly Tag[] }>>;
}

function spansOf({ spans, processes }: JaegerTrace): StoredSpan[] {
  return spans.map(({ traceID, spanID, operationName, references: [parent], processID, tags }) => {
    const { serviceName, tags: resource } = processes[processID]!;
    const named = Object.fromEntries([...resource, ...tags].map(({ key, value }) => [key, String(value)]));
    return {
      ...{ traceId: traceID, id: spanID, name: operationName, localEndpoint: { serviceName }, tags: named },
      kind: named['span.kind'] === 'client' ? 'CLIENT' : 'SERVER',
      ...(parent === undefined ? {} : { parentId: parent.spanID }),
    };
  });
}
