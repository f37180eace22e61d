import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2';
import type { XdsNode } from '../node.ts';
import { adsDeltaPath, adsSotwPath } from '../server/discovery-methods.ts';
import { DeltaTestStream } from './delta-test-stream.ts';
import { GrpcTestStream } from './grpc-stream.ts';
import { SotwTestStream } from './sotw-test-stream.ts';

/** Who a test client is, and how it connects. */
export interface AdsTestClientOptions {
  /** Node of the first request of every stream. Default: id `test`. */
  readonly node?: Partial<XdsNode> | undefined;
  /** Options of `node:http2`'s `connect`, for TLS. */
  readonly http2?: SecureClientSessionOptions | undefined;
}

/**
 * An xDS client for tests: one connection, any number of streams. With it, a rule of the protocol is a few lines:
 *
 * ```ts
 * const client = await AdsTestClient.connect('http://127.0.0.1:18000');
 * const ads = client.sotw();
 * const { names } = await ads.requestResponseAck(typeUrls.cluster, ['a', 'b']);
 * await ads.expectNoResponse();
 * await client.close();
 * ```
 */
export class AdsTestClient {
  readonly #session: ClientHttp2Session;
  readonly #node: Partial<XdsNode>;

  private constructor(session: ClientHttp2Session, node: Partial<XdsNode>) {
    this.#session = session;
    this.#node = node;
  }

  /**
   * Connects.
   *
   * @param url - `http://HOST:PORT` or `https://HOST:PORT`
   */
  static async connect(
    url: string,
    { node = { id: 'test' }, http2 }: AdsTestClientOptions = {},
  ): Promise<AdsTestClient> {
    const session = await new Promise<ClientHttp2Session>((resolve, reject) => {
      const connecting = connect(url, http2 ?? {});
      connecting.once('error', reject);
      connecting.once('connect', () => {
        connecting.off('error', reject);
        // A server that goes away ends the streams, which say so.
        connecting.on('error', () => {});
        resolve(connecting);
      });
    });
    return new AdsTestClient(session, node);
  }

  /** The connection, for tests below the protocol. */
  get session(): ClientHttp2Session {
    return this.#session;
  }

  /** Opens a state-of-the-world stream; by default the aggregated one. */
  sotw(path: string = adsSotwPath, node = this.#node): SotwTestStream {
    return new SotwTestStream(this.call(path), node);
  }

  /** Opens an incremental stream; by default the aggregated one. */
  delta(path: string = adsDeltaPath, node = this.#node): DeltaTestStream {
    return new DeltaTestStream(this.call(path), node);
  }

  /** Opens any call. */
  call(path: string, headers?: Readonly<Record<string, string>>): GrpcTestStream {
    return new GrpcTestStream(this.#session, path, headers);
  }

  /** {@link AdsTestClient.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Ends all streams and the connection; resolves when they are gone. */
  async close(): Promise<void> {
    if (this.#session.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#session.once('close', () => resolve());
      this.#session.destroy();
    });
  }
}
