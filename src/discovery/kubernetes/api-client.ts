import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { type Clock, systemClock } from '../../base/clock.ts';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { type ApiTarget, badAnswer, errorOfStatus, retryAfterOf, unreachable } from './api-errors.ts';
import type { KubeAccess, KubeRequestOptions } from './kube-request.ts';
import { agentThrough } from './proxy-agent.ts';
import { describeProxy } from './proxy-of.ts';

/** An answer that does not begin within this has failed. */
const answerTimeoutMs = 15_000;
/** A body that stands still for this long has failed. */
const bodyIdleMs = 30_000;
/** A page of 500 objects is a few megabytes; this is a bound against what never ends. */
const maxBodyBytes = 256 * 1024 * 1024;
/** Explanations of errors are short. */
const maxErrorBytes = 64 * 1024;
/** A peer that vanished without a word is noticed this long, and ten seconds more, after its last one. */
const keepAliveMs = 15_000;

/** Answers GET requests; {@link ApiClient} has them from an API server. */
export interface ApiReader {
  json(path: string, target: ApiTarget, signal: AbortSignal): Promise<unknown>;
  stream(path: string, target: ApiTarget, signal: AbortSignal): Promise<Readable>;
}

/** What is sent with a request that writes. */
interface Sent {
  readonly method: 'POST' | 'PATCH';
  readonly type: string;
  readonly body: string;
}

/** Requests to an API server, each on a connection of its own. */
export class ApiClient implements ApiReader {
  readonly #access: KubeAccess;
  readonly #clock: Clock;

  constructor(access: KubeAccess, clock: Clock = systemClock) {
    this.#access = access;
    this.#clock = clock;
  }

  /**
   * Resolves with the whole body of an answer, as JSON.
   *
   * @throws EvenkeelError `EK_KUBE_…`, ExpiredError, or the signal's reason
   */
  async json(path: string, target: ApiTarget, signal: AbortSignal): Promise<unknown> {
    const response = await this.stream(path, target, signal);
    const text = await this.#body(response, maxBodyBytes);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw badAnswer(target, 'it is no JSON', { cause });
    }
  }

  /**
   * Creates an object, or changes the fields of one (a merge patch). Resolves with the status of the answer: 200 or 201, 404 where a
   * patch finds none, 409 where there is one already.
   *
   * @throws EvenkeelError `EK_KUBE_…`, or the signal's reason
   */
  async write(path: string, target: ApiTarget, object: object, signal: AbortSignal): Promise<number> {
    const isPatch = target.verb === 'patch';
    const response = await this.#ask(path, signal, answerTimeoutMs, {
      method: isPatch ? 'PATCH' : 'POST',
      type: isPatch ? 'application/merge-patch+json' : 'application/json',
      body: JSON.stringify(object),
    });
    const { statusCode = 0 } = response;
    const text = await this.#body(response, maxErrorBytes);
    if (statusCode === 200 || statusCode === 201 || statusCode === (isPatch ? 404 : 409)) return statusCode;
    throw errorOfStatus(statusCode, messageIn(text), target);
  }

  /**
   * Resolves once an answer has begun, with the stream of its body; ends it when `signal` is aborted.
   *
   * @param withinMs - how long the answer may take to begin
   * @throws EvenkeelError `EK_KUBE_…`, ExpiredError, or the signal's reason
   */
  async stream(
    path: string,
    target: ApiTarget,
    signal: AbortSignal,
    withinMs: number = answerTimeoutMs,
  ): Promise<IncomingMessage> {
    const response = await this.#ask(path, signal, withinMs);
    if (response.statusCode === 200) return response;
    const text = await this.#body(response, maxErrorBytes).catch(() => '');
    const { statusCode = 0, headers } = response;
    // Not followed: credentials are for the server that the kubeconfig names.
    const said = headers.location === undefined ? messageIn(text) : `it sends us to ${headers.location.slice(0, 200)}`;
    throw errorOfStatus(statusCode, said, target, retryAfterOf(headers['retry-after']));
  }

  async #ask(path: string, signal: AbortSignal, withinMs: number, sent?: Sent): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const { server } = this.#access;
    let options: Awaited<ReturnType<KubeAccess['requestOptions']>>;
    try {
      options = await unlessAborted(this.#access.requestOptions(), signal);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof EvenkeelError) throw cause;
      throw new EvenkeelError('EK_KUBE_CONFIG', `credentials for ${server} cannot be had: ${messageOf(cause)}`, {
        cause,
      });
    }
    const response = await this.#begin(new URL(`${server}${path}`), options, signal, withinMs, sent);
    if (response.statusCode === 401) this.#access.refused?.();
    return response;
  }

  async #begin(
    url: URL,
    options: KubeRequestOptions,
    signal: AbortSignal,
    withinMs: number,
    sent?: Sent,
  ): Promise<IncomingMessage> {
    const { proxy } = this.#access;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const closed = new AbortController();
    // A list and a watch in turn share no connection: what is wrong with one must not hold up the other.
    const agent =
      proxy === undefined ? false : await agentThrough(proxy, options, AbortSignal.any([signal, closed.signal]));
    const request = (url.protocol === 'http:' ? http : https).request(url, {
      ...options,
      agent,
      method: sent?.method ?? 'GET',
      headers: {
        ...{ accept: 'application/json', 'user-agent': 'evenkeel' },
        ...(sent === undefined ? {} : { 'content-type': sent.type }),
        ...options.headers,
      },
      signal,
    });
    request.on('proxyConnect', ({ statusCode, statusText }: { statusCode: number; statusText: string }) => {
      if (statusCode !== 200) request.destroy(new Error(`it answered ${statusCode} ${statusText}`));
    });
    const fail = (error: unknown): void => {
      cancel();
      const server = proxy === undefined ? url.origin : `${url.origin} behind the proxy ${describeProxy(proxy)}`;
      reject(signal.aborted ? signal.reason : unreachable(server, error));
      // A proxy that does not answer has a connection which is not the request's yet.
      closed.abort();
    };
    const cancel = this.#clock.after(withinMs, () => {
      const error = new Error(`no answer within ${withinMs / 1000} s`);
      request.destroy(error);
      fail(error);
    });
    request.on('socket', (socket) => socket.setKeepAlive(true, keepAliveMs));
    request.on('response', (response) => {
      cancel();
      resolve(response);
    });
    request.on('error', fail);
    request.end(sent?.body);
    return promise;
  }

  async #body(response: IncomingMessage, maxBytes: number): Promise<string> {
    let cancel = () => {};
    const watchdog = (): void => {
      cancel();
      cancel = this.#clock.after(bodyIdleMs, () => response.destroy(new Error(`nothing for ${bodyIdleMs / 1000} s`)));
    };
    const chunks: Buffer[] = [];
    let size = 0;
    watchdog();
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        watchdog();
        size += chunk.length;
        if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
        chunks.push(chunk);
      }
    } catch (error) {
      throw unreachable(this.#access.server, error);
    } finally {
      cancel();
    }
    return Buffer.concat(chunks).toString();
  }
}

/** A command that has the credentials may take a minute, which nobody waits for who wants to end. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The message of a `Status` object, or the beginning of what else was said. */
function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text);
    return typeof message === 'string' ? message : '';
  } catch {
    return text.trim().slice(0, 200);
  }
}
