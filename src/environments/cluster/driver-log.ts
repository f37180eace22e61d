import { setTimeout as delay } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { apiClient } from './api-client.ts';

const tryAgainMs = 500;
/** A log begins with its first line: a kubelet answers nothing before. */
const firstLineWithinMs = 300_000;

export interface LogSource {
  readonly config: KubeConfig;
  readonly namespace: string;
  readonly pod: string;
}

/** The lines that a pod writes, from its first one on; ends where the pod's log does, rejects where the connection breaks. */
export async function* logLines({ config, namespace, pod }: LogSource, signal: AbortSignal): AsyncGenerator<string> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?follow=true`;
  const target = { verb: 'get', resource: 'pods/log', group: '', namespace } as const;
  const log = await apiClient(config).stream(path, target, signal, firstLineWithinMs);
  let rest = '';
  for await (const text of log.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/**
 * The lines of a pod's log, each once, however often the connection breaks: it is then read again from the beginning and
 * what is known is left out.
 *
 * @param isOver - asked after each end of the log: whether the pod has ended, so that no more lines will come
 */
export async function* followLog(
  source: LogSource,
  isOver: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for (let known = 0; !signal.aborted; ) {
    // Asked before reading: what is written while it is read must not be missed.
    const over = await isOver().catch(() => false);
    let line = 0;
    try {
      for await (const text of logLines(source, signal)) {
        line += 1;
        if (line <= known) continue;
        known = line;
        yield text;
      }
      if (over) return;
    } catch (thrown) {
      if (signal.aborted) return;
      if (over) throw thrown;
    }
    await delay(tryAgainMs, undefined, { signal }).catch(() => {});
  }
}
