import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { StoredSpan } from '../../src/workloads/testing/stored-span.ts';
import { freePorts } from '../driver/free-ports.ts';

/** A real Zipkin on loopback, with its spans in memory. */
export interface Zipkin {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Traces that have a tag with this value, once so many of their spans have it. */
  tracesOf(tag: string, value: string, spans: number): Promise<StoredSpan[][]>;
  stop(): Promise<void>;
}

/** How often the store is asked whether spans have come: they are sent in batches, and it has no way to say so. */
const everyMs = 200;

/** @param jar - `build/interop/zipkin/zipkin.jar` */
export async function startZipkin(jar: string): Promise<Zipkin> {
  const [port] = await freePorts(1);
  const listen = ['ip=127.0.0.1', `port=${port}`, 'protocols[0]=http'].map(
    (setting) => `--armeria.ports[0].${setting}`,
  );
  const child = spawn('java', ['-Xmx256m', '-jar', jar, ...listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const listening = Promise.withResolvers<void>();
  lines.on('line', (line) => {
    if (line.includes('Serving HTTP at')) listening.resolve();
  });
  await Promise.race([
    listening.promise,
    ended.then(([code]) => {
      throw new Error(`Zipkin ended with ${code} before it listened`);
    }),
  ]);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async tracesOf(tag, value, spans) {
      for (;;) {
        const query = new URLSearchParams({ annotationQuery: `${tag}=${value}`, limit: '1000' });
        const response = await fetch(`${url}/api/v2/traces?${query}`);
        const traces = (await response.json()) as StoredSpan[][];
        if (traces.flat().filter(({ tags }) => tags[tag] === value).length >= spans) return traces;
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
