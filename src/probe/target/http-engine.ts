import * as http from 'node:http';
import * as https from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { formatAddress } from '../../base/listen-address.ts';
import type { AnswerSample, Identifier } from '../identify/identify.ts';
import type { Done, Engine } from '../load/engine.ts';
import { fieldAt, flatten } from './flatten.ts';

export interface HttpCall {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Kept alive and shared by all calls; 0: a new one for every call. */
  readonly connections: number;
  readonly deadlineMs: number;
  readonly tls: SecureContextOptions & { readonly servername?: string | undefined };
}

/** More of an answer than this is not looked at: only the name of the backend is wanted. */
const maxBodyBytes = 64 * 1024;

interface Answer {
  readonly status: string;
  readonly peer: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly error?: string | undefined;
}

/** HTTP/1.1 calls by Node's own client. */
export class HttpEngine implements Engine {
  readonly name = 'http';
  readonly #call: HttpCall;
  readonly #agent: http.Agent | https.Agent;
  #identifier: Identifier = { from: 'peer' };

  constructor(call: HttpCall) {
    this.#call = call;
    const { connections } = call;
    const options = connections === 0 ? { keepAlive: false } : { keepAlive: true, maxSockets: connections };
    this.#agent =
      call.url.protocol === 'https:' ? new https.Agent({ ...options, ...call.tls }) : new http.Agent(options);
  }

  identifyBy(identifier: Identifier): void {
    this.#identifier = identifier;
  }

  call(done: Done): void {
    const keep = this.#identifier.from === 'field';
    this.#request(keep, (answer) => done(answer.status, this.#who(answer), answer.peer, answer.error));
  }

  sample(): ReturnType<Engine['sample']> {
    return new Promise((resolve) => {
      this.#request(true, ({ status, peer, headers, body, error }) => {
        const told = Object.entries(headers).map(([name, value]) => [name, String(value)]);
        const answer: AnswerSample = {
          peer,
          headers: Object.fromEntries(told),
          trailers: {},
          fields: flatten(jsonOf(body)),
        };
        resolve({ status, error, answer });
      });
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #who({ peer, headers, body, status }: Answer): string | undefined {
    const identifier = this.#identifier;
    if (status !== 'OK') return undefined;
    if (identifier.from === 'peer') return peer;
    if (identifier.from === 'field') return fieldAt(jsonOf(body), identifier.name);
    const value = headers[identifier.name];
    return typeof value === 'string' ? value : value?.[0];
  }

  #request(keepBody: boolean, done: (answer: Answer) => void): void {
    const { url, method, headers, body, deadlineMs } = this.#call;
    const send = url.protocol === 'https:' ? https.request : http.request;
    const none = { headers: {}, body: Buffer.alloc(0) };
    let peer: string | undefined;
    let ended = false;
    const once = (answer: Answer): void => {
      if (ended) return;
      ended = true;
      clearTimeout(deadline);
      done(answer);
    };
    const outgoing = send(url, { agent: this.#agent, method, headers }, (incoming) => {
      const { remoteAddress, remotePort } = incoming.socket;
      if (remoteAddress !== undefined && remotePort !== undefined) peer = formatAddress(remoteAddress, remotePort);
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        if (keepBody && size < maxBodyBytes) chunks.push(chunk);
        size += chunk.length;
      });
      incoming.on('end', () => {
        const code = incoming.statusCode ?? 0;
        const status = code < 400 ? 'OK' : `HTTP_${code}`;
        once({ status, peer, headers: incoming.headers, body: Buffer.concat(chunks) });
      });
      incoming.on('error', fail);
    });
    const fail = (error: NodeJS.ErrnoException): void =>
      once({ status: error.code ?? 'UNKNOWN', peer, ...none, error: error.message });
    const deadline = setTimeout(() => {
      once({ status: 'DEADLINE_EXCEEDED', peer, ...none, error: `no answer within ${deadlineMs} ms` });
      outgoing.destroy();
    }, deadlineMs);
    outgoing.once('error', fail);
    outgoing.end(body);
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}
