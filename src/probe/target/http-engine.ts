import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { formatAddress } from '../../base/listen-address.ts';
import { type AnswerSample, fieldOf, type Identifier, identifyIn } from '../identify/identify.ts';
import type { Done, Engine, Held } from '../load/engine.ts';
import { fieldAt, flatten } from './flatten.ts';
import { contentOf, type HttpContent, redirectOf } from './http-answer.ts';
import { mostBodyBytes, readBody } from './http-body.ts';

export interface HttpCall {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case; a name may come more than once, and each is sent. */
  readonly headers: readonly (readonly [string, string])[];
  /** The header `Host`, where it is not the URL's. */
  readonly authority: string | undefined;
  readonly body: string | Buffer | undefined;
  /** Kept alive and shared by all calls; 0: a new one for every call; undefined: as many as calls are in flight. */
  readonly connections: number | undefined;
  readonly deadlineMs: number;
  readonly tls: SecureContextOptions & { readonly servername?: string | undefined };
}

interface Answer {
  readonly status: string;
  readonly peer: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly content: HttpContent;
  readonly redirect?: string | undefined;
  readonly error?: string | undefined;
  readonly held?: Held | undefined;
}

const noContent: HttpContent = { json: undefined, lines: {}, body: undefined, unread: undefined };

/** HTTP/1.1 calls by Node's own client. */
export class HttpEngine implements Engine {
  readonly name = 'http';
  readonly #call: HttpCall;
  #headers: http.OutgoingHttpHeaders;
  #deadlineMs: number;
  readonly #agent: http.Agent | https.Agent;
  /** Whether calls may have to wait for a connection. */
  readonly #limited: boolean;
  #identifier: Identifier = { from: 'peer' };
  #mostConnections = 0;

  constructor(call: HttpCall) {
    this.#call = call;
    this.#headers = headersOf(call);
    this.#deadlineMs = call.deadlineMs;
    const { connections = Number.POSITIVE_INFINITY } = call;
    this.#limited = connections > 0 && Number.isFinite(connections);
    const options =
      connections === 0
        ? { keepAlive: false }
        : { keepAlive: true, maxSockets: connections, maxFreeSockets: Math.min(connections, 10_000) };
    this.#agent =
      call.url.protocol === 'https:' ? new https.Agent({ ...options, ...call.tls }) : new http.Agent(options);
  }

  /** Ends connections that samples needed and calls do not: one is what a client starts with. */
  identifyBy(identifier: Identifier): void {
    this.#identifier = identifier;
    const free = Object.values(this.#agent.freeSockets).flatMap((sockets) => sockets ?? []);
    // The agent takes the last first, and looks for closed ones only at the front.
    for (const socket of free.slice(0, -(this.#call.connections || 1))) socket.destroy();
  }

  mark([name, value]: readonly [name: string, value: string], deadlineMs: number): void {
    this.#headers = { ...this.#headers, [name]: value };
    this.#deadlineMs = deadlineMs;
  }

  get mostConnections(): number {
    return this.#mostConnections;
  }

  call(done: Done): void {
    const { from } = this.#identifier;
    const keep = from === 'line' || from === 'body' || fieldOf(this.#identifier) !== undefined;
    this.#request(keep, (answer) => done(answer.status, this.#who(answer), answer.peer, answer.error, answer.held));
    const { sockets, freeSockets } = this.#agent;
    const open = [...Object.values(sockets), ...Object.values(freeSockets)].reduce(
      (sum, some) => sum + (some?.length ?? 0),
      0,
    );
    this.#mostConnections = Math.max(this.#mostConnections, open);
  }

  /** @param connectMs - how long the connection may take, before the deadline begins; default: it is a part of the deadline */
  sample(connectMs?: number): ReturnType<Engine['sample']> {
    return new Promise((resolve) => {
      const done = (answer: Answer): void =>
        resolve({ status: answer.status, error: answer.error, answer: sampleOf(answer) });
      this.#request(true, done, connectMs);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #who(answer: Answer): string | undefined {
    const identifier = this.#identifier;
    const field = fieldOf(identifier);
    const inField = (): string | undefined => (field === undefined ? undefined : fieldAt(answer.content.json, field));
    if (identifier.from === 'field') return inField();
    if (identifier.from === 'peer') return answer.peer;
    if (identifier.from === 'header') return textOf(answer.headers[identifier.name]) ?? inField();
    return identifyIn(identifier, sampleOf(answer));
  }

  #request(keepBody: boolean, done: (answer: Answer) => void, connectMs?: number): void {
    const { url, method, body } = this.#call;
    const deadlineMs = this.#deadlineMs;
    const send = url.protocol === 'https:' ? https.request : http.request;
    const none = { headers: {}, content: noContent };
    const begunAt = performance.now();
    let socket: Socket | undefined;
    let held: Held | undefined;
    let peer: string | undefined;
    let ended = false;
    let head: number | undefined;
    const once = (answer: Omit<Answer, 'peer' | 'held'>): void => {
      if (ended) return;
      ended = true;
      clearTimeout(deadline);
      done({ ...answer, held: socket === undefined && this.#limited ? waiting : held, peer });
    };
    const outgoing = send(url, { agent: this.#agent, method, headers: this.#headers }, (incoming) => {
      head = incoming.statusCode;
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        if (keepBody && size < mostBodyBytes) chunks.push(chunk);
        size += chunk.length;
      });
      incoming.on('end', () => {
        const code = incoming.statusCode ?? 0;
        const status = code < 400 ? 'OK' : `HTTP_${code}`;
        const { headers } = incoming;
        if (!keepBody) once({ status, headers, content: noContent });
        else {
          const bytes = Buffer.concat(chunks).subarray(0, mostBodyBytes);
          void readBody(bytes, size > bytes.length, headers).then((text) => {
            const content = contentOf(text, headers['content-type']);
            once({ status, headers, content, redirect: redirectOf(code, headers.location) });
          });
        }
      });
      incoming.on('error', fail);
    });
    const fail = (error: NodeJS.ErrnoException): void =>
      once({ status: error.code ?? 'UNKNOWN', ...none, error: error.message });
    const expire = (): void => {
      const came = head === undefined ? 'no answer' : `HTTP ${head}, and its body did not end`;
      once({ status: 'DEADLINE_EXCEEDED', ...none, error: `${came} within ${deadlineMs} ms` });
      outgoing.destroy();
    };
    const expireUnconnected = (): void => {
      const missing = socket?.connecting === false ? 'TLS handshake' : 'connection';
      once({ status: 'DEADLINE_EXCEEDED', ...none, error: `no ${missing} within ${connectMs} ms` });
      outgoing.destroy();
    };
    let deadline = connectMs === undefined ? setTimeout(expire, deadlineMs) : setTimeout(expireUnconnected, connectMs);
    outgoing.once('socket', (given) => {
      socket = given;
      // A socket that has been closed no longer says where it led.
      const connected = (): void => {
        peer = peerOf(given);
        if (connectMs === undefined || ended) return;
        clearTimeout(deadline);
        deadline = setTimeout(expire, deadlineMs);
      };
      if (outgoing.reusedSocket) connected();
      else given.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
      if (!this.#limited) return;
      // The time that a call waits here is not the target's.
      held = { for: 'connection', leftAt: performance.now() };
      if (connectMs !== undefined || held.leftAt! - begunAt < 1) return;
      clearTimeout(deadline);
      if (!ended) deadline = setTimeout(expire, deadlineMs);
    });
    outgoing.once('error', fail);
    outgoing.end(body);
  }
}

/** A call for which there was no connection. */
const waiting: Held = { for: 'connection', leftAt: undefined };

function sampleOf({ peer, headers, content, redirect }: Answer): AnswerSample {
  const { json, lines, body, unread } = content;
  const told = Object.entries(headers).map(([name, value]) => [name, textOf(value) ?? '']);
  return {
    peer,
    headers: Object.fromEntries(told),
    trailers: {},
    fields: flatten(json),
    lines,
    body,
    unread,
    redirect,
  };
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

function peerOf(socket: Socket | undefined): string | undefined {
  const { remoteAddress, remotePort } = socket ?? {};
  return remoteAddress === undefined || remotePort === undefined ? undefined : formatAddress(remoteAddress, remotePort);
}

/** All values of a name in the order in which they were given; UTF-8 goes as bytes. */
function headersOf({ headers, authority }: HttpCall): http.OutgoingHttpHeaders {
  const all = new Map<string, string[]>();
  for (const [name, value] of headers) {
    all.set(name, [...(all.get(name) ?? []), Buffer.from(value).toString('latin1')]);
  }
  if (authority !== undefined) all.set('host', [authority]);
  return Object.fromEntries([...all].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}
