import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { grpcStatusName } from '../../../base/grpc-status.ts';
import type { Identifier } from '../../identify/identify.ts';
import type { AnswerReader } from '../../target/decode-answer.ts';
import type { Done, Engine } from '../engine.ts';
import { failure, type OnAnswer, type WireAnswer, WireConnection } from './connection.ts';
import { encodeHeaders } from './hpack.ts';

export interface WireOptions {
  /** Each gets `connections`; calls take all of them in turn. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly connections: number;
  readonly authority: string;
  /** `/pkg.Service/Method` */
  readonly path: string;
  readonly messages: readonly Uint8Array[];
  readonly metadata: readonly (readonly [string, string])[];
  readonly deadlineMs: number;
  readonly tls?:
    | {
        readonly ca?: Buffer | undefined;
        readonly cert?: Buffer | undefined;
        readonly key?: Buffer | undefined;
        readonly servername: string;
      }
    | undefined;
  /** Reads the answers' messages. */
  readonly answers: AnswerReader;
}

/** A connection that could not be made is tried again after so long. */
const retryMs = 200;

/** More of a request than this would need flow control by stream, which this engine leaves out. */
export const maxRequestBytes = 60_000;

/** Calls over HTTP/2 with nothing between the socket and the counters, for rates that a real client does not reach. */
export class WireEngine implements Engine {
  readonly name = 'wire';
  readonly #options: WireOptions;
  readonly #block: Buffer;
  readonly #slots: {
    readonly host: string;
    readonly port: number;
    connection: WireConnection | undefined;
    error: string;
  }[];
  #identifier: Identifier = { from: 'peer' };
  #turn = 0;
  #closed = false;

  private constructor(options: WireOptions) {
    this.#options = options;
    const { path, authority, metadata, tls, deadlineMs } = options;
    this.#block = encodeHeaders([
      [':method', 'POST'],
      [':scheme', tls === undefined ? 'http' : 'https'],
      [':path', path],
      [':authority', authority],
      ['te', 'trailers'],
      ['content-type', 'application/grpc'],
      ['user-agent', 'evenkeel-wire'],
      ['grpc-timeout', deadlineMs < 100_000 ? `${Math.round(deadlineMs * 1000)}u` : `${Math.round(deadlineMs)}m`],
      ...metadata,
    ]);
    this.#slots = options.addresses.flatMap((address) =>
      Array.from({ length: options.connections }, () => ({
        ...address,
        connection: undefined,
        error: 'not connected yet',
      })),
    );
  }

  /** Resolves once there is a connection; rejects with the reason where there is none within `withinMs`. */
  static async open(options: WireOptions, withinMs: number): Promise<WireEngine> {
    const engine = new WireEngine(options);
    await Promise.all(engine.#slots.map((_, index) => engine.#connect(index, withinMs)));
    if (engine.#slots.every(({ connection }) => connection === undefined)) {
      const { error } = engine.#slots[0]!;
      engine.close();
      throw new Error(error);
    }
    return engine;
  }

  identifyBy(identifier: Identifier): void {
    this.#identifier = identifier;
  }

  call(done: Done): void {
    const { from } = this.#identifier;
    this.#begin(from === 'field', (answer, peer) => {
      const status = grpcStatusName(answer.status);
      if (status !== 'OK') done(status, undefined, peer, answer.error);
      else if (this.#identifier.from === 'peer') done(status, peer, peer);
      else done(status, this.#nameIn(answer, this.#identifier), peer);
    });
  }

  sample(): ReturnType<Engine['sample']> {
    return new Promise((resolve) => {
      this.#begin(true, ({ status, error, headers, trailers, body }, peer) => {
        const visible = (all: Readonly<Record<string, string>>): Record<string, string> =>
          Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith(':')));
        const answer = {
          peer,
          headers: visible(headers),
          trailers: visible(trailers),
          fields: this.#options.answers.fields(messageIn(body)),
        };
        resolve({ status: grpcStatusName(status), error, answer });
      });
    });
  }

  close(): void {
    this.#closed = true;
    for (const { connection } of this.#slots) connection?.close();
  }

  #begin(keepBody: boolean, onAnswer: (answer: Parameters<OnAnswer>[0], peer: string | undefined) => void): void {
    // Connections that are down are passed over, as a balancer would.
    for (let tried = 0; tried < this.#slots.length; tried += 1) {
      const { connection } = this.#slots[this.#turn]!;
      this.#turn = (this.#turn + 1) % this.#slots.length;
      if (connection?.usable === true) {
        connection.call(keepBody, (answer) => onAnswer(answer, connection.peer));
        return;
      }
    }
    const { error } = this.#slots[this.#turn]!;
    setImmediate(() => onAnswer(failure(14, error), undefined));
  }

  #nameIn(answer: WireAnswer, identifier: Identifier & { readonly name: string }): string | undefined {
    const { from, name } = identifier;
    if (from === 'header') return answer.headers[name];
    return from === 'trailer' ? answer.trailers[name] : this.#options.answers.field(messageIn(answer.body), name);
  }

  async #connect(index: number, withinMs: number): Promise<void> {
    const slot = this.#slots[index]!;
    const { messages, deadlineMs } = this.#options;
    try {
      const socket = await this.#openSocket(slot.host, slot.port, withinMs);
      if (this.#closed) {
        socket.destroy();
        return;
      }
      const connection = new WireConnection(socket, this.#block, messages, deadlineMs);
      slot.connection = connection;
      void connection.closed.then(() => {
        slot.connection = undefined;
        slot.error = 'the connection was closed';
        if (!this.#closed) void this.#connect(index, withinMs);
      });
    } catch (thrown) {
      slot.error = (thrown as Error).message;
      if (!this.#closed) setTimeout(() => void (this.#closed || this.#connect(index, withinMs)), retryMs).unref();
    }
  }

  #openSocket(host: string, port: number, withinMs: number): Promise<Socket> {
    const { tls } = this.#options;
    return new Promise((resolve, reject) => {
      const socket =
        tls === undefined ? connect({ host, port }) : connectTls({ host, port, ...tls, ALPNProtocols: ['h2'] });
      const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${withinMs} ms`)), withinMs);
      socket.once('error', reject);
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        clearTimeout(timer);
        socket.off('error', reject);
        resolve(socket);
      });
      socket.once('close', () => clearTimeout(timer));
    });
  }
}

/** The first message of an answer; empty where there is none. */
function messageIn(body: Buffer | undefined): Buffer {
  // 5 bytes before each message: whether it is compressed, which nobody was told that this engine takes, and its length.
  if (body === undefined || body.length < 5) return Buffer.alloc(0);
  return body.subarray(5, 5 + body.readUInt32BE(1));
}
