import http, { type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';

const tryAgainMs = 500;

export interface LogSource {
  readonly config: KubeConfig;
  readonly namespace: string;
  readonly pod: string;
}

/** The lines that a pod writes, from its first one on; ends where the pod's log does, rejects where the connection breaks. */
export async function* logLines({ config, namespace, pod }: LogSource, signal: AbortSignal): AsyncGenerator<string> {
  const url = new URL(
    `${config.getCurrentCluster()!.server}/api/v1/namespaces/${namespace}/pods/${pod}/log?follow=true`,
  );
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const response = await answerTo(url, { ...options, signal });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`HTTP ${response.statusCode}`);
  }
  let rest = '';
  for await (const text of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function answerTo(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'http:' ? http : https;
    request(url, options, resolve).once('error', reject).end();
  });
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
