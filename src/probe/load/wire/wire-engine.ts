import { encodeHeaders } from '@evenkeel/xds/http2';
import { grpcStatusName } from '../../../base/grpc-status.ts';
import type { Identifier } from '../../identify/identify.ts';
import { headerText } from '../../identify/metadata-text.ts';
import type { AnswerReader } from '../../target/decode-answer.ts';
import { ConnectFailure, type Dial, type DialAddress } from '../../target/dial.ts';
import type { Done, Engine } from '../engine.ts';
import { boundedError } from '../error-text.ts';
import type { WireAnswer } from './call.ts';
import { Pool } from './pool.ts';
import { encodeRequest } from './request.ts';
import type { Expectation } from './response.ts';

export interface WireOptions {
  /** Each gets `connections`; calls take all of them in turn. */
  readonly addresses: readonly DialAddress[];
  readonly connections: number;
  readonly dial: Dial;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** `/pkg.Service/Method` */
  readonly path: string;
  readonly messages: readonly Uint8Array[];
  /** The method answers with exactly one message. */
  readonly single: boolean;
  readonly metadata: readonly (readonly [string, string])[];
  readonly deadlineMs: number;
  /** For each connection. */
  readonly connectMs: number;
  /** Reads the answers' messages. */
  readonly answers: AnswerReader;
}

const nothing = new Uint8Array(0);

/** Calls over HTTP/2 with nothing between the socket and the counters, for rates that a real client does not reach. */
export class WireEngine implements Engine {
  readonly name = 'wire';
  readonly #options: WireOptions;
  readonly #pool: Pool;
  #expectation: Expectation;
  #nameIn: (answer: WireAnswer) => string | undefined = ({ peer }) => peer;

  private constructor(options: WireOptions) {
    this.#options = options;
    const { connections, deadlineMs, connectMs, dial, messages } = options;
    const request = encodeRequest(encodeHeaders(headersOf(options), true), messages);
    this.#pool = new Pool({ dial, request, connections, deadlineMs, connectMs });
    this.#expectation = { single: options.single, keepMessage: false };
  }

  /**
   * Resolves once there is a connection, or every attempt has come to an end.
   *
   * @throws ConnectFailure where none succeeded
   */
  static async open(options: WireOptions): Promise<WireEngine> {
    const engine = new WireEngine(options);
    await engine.#pool.follow(options.addresses);
    const { failure } = engine.#pool;
    if (failure === undefined) return engine;
    engine.close();
    throw new ConnectFailure(failure, true);
  }

  /** Whether there is a connection to every address. */
  get isWhole(): boolean {
    return this.#pool.isWhole;
  }

  /** From now on calls go to these addresses. */
  follow(addresses: readonly DialAddress[]): void {
    void this.#pool.follow(addresses);
  }

  identifyBy(identifier: Identifier): void {
    const { single, answers } = this.#options;
    this.#expectation = { single, keepMessage: identifier.from === 'field' };
    this.#nameIn = nameReader(identifier, answers);
  }

  call(done: Done, now: number = performance.now()): void {
    const nameIn = this.#nameIn;
    this.#pool.begin(this.#expectation, now, (answer, held) => {
      const status = grpcStatusName(answer.status);
      // A backend that fails may name itself as well.
      done(status, nameIn(answer), answer.peer, status === 'OK' ? undefined : boundedError(answer.error), held);
    });
  }

  sample(): ReturnType<Engine['sample']> {
    return new Promise((resolve) => {
      this.#pool.begin({ single: this.#options.single, keepMessage: true }, performance.now(), (answer) => {
        const { status, error, headers, trailers, peer, message } = answer;
        const visible = (all: Readonly<Record<string, string>>): Record<string, string> =>
          Object.fromEntries(
            Object.entries(all).flatMap(([name, value]) =>
              name.startsWith(':') ? [] : [[name, headerText(name, value)] as const],
            ),
          );
        resolve({
          status: grpcStatusName(status),
          error: boundedError(error),
          answer: {
            peer,
            headers: visible(headers),
            trailers: visible(trailers),
            fields: this.#options.answers.fields(message ?? nothing),
          },
        });
      });
    });
  }

  close(): void {
    this.#pool.close();
  }
}

/** What finds the backend's name in an answer. */
function nameReader(identifier: Identifier, answers: AnswerReader): (answer: WireAnswer) => string | undefined {
  if (identifier.from === 'peer') return ({ peer }) => peer;
  if (!('name' in identifier)) return () => undefined;
  const { from, name } = identifier;
  if (from === 'field') return ({ message }) => answers.field(message ?? nothing, name);
  return ({ headers, trailers }) => {
    // An answer without a message may have trailers only, and its name there.
    const value = (from === 'header' ? headers[name] : undefined) ?? trailers[name];
    return value === undefined ? undefined : headerText(name, value);
  };
}

/** gRPC over HTTP/2, "Requests". */
function headersOf({ scheme, path, authority, metadata, deadlineMs }: WireOptions): (readonly [string, string])[] {
  // At most eight digits.
  const timeout = deadlineMs < 99_999 ? `${Math.round(deadlineMs * 1000)}u` : `${Math.round(deadlineMs)}m`;
  return [
    [':method', 'POST'],
    [':scheme', scheme],
    [':path', path],
    [':authority', authority],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ['user-agent', 'evenkeel-wire'],
    ['grpc-timeout', timeout],
    ...metadata,
  ];
}
