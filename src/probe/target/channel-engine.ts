import * as grpc from '@grpc/grpc-js';
import type { AnswerSample, Identifier } from '../identify/identify.ts';
import type { Done, Engine } from '../load/engine.ts';
import type { PreparedCall } from './method.ts';

export interface ChannelOptions {
  /** As gRPC takes it. */
  readonly uri: string;
  readonly credentials: grpc.ChannelCredentials;
  readonly options: grpc.ChannelOptions;
  /** Channels, taken in turn, each with connections of its own. */
  readonly channels: number;
}

/** Calls by real gRPC clients, so that balancing is what they do. */
export class ChannelEngine implements Engine {
  readonly name = 'channel';
  readonly #clients: grpc.Client[];
  readonly #deadlineMs: number;
  readonly #metadata: grpc.Metadata;
  #call: PreparedCall | undefined;
  #requests: Buffer[] = [];
  #identifier: Identifier = { from: 'peer' };
  #turn = 0;

  constructor(
    { uri, credentials, options, channels }: ChannelOptions,
    { deadlineMs, metadata }: { readonly deadlineMs: number; readonly metadata: grpc.Metadata },
  ) {
    this.#clients = Array.from({ length: channels }, () => new grpc.Client(uri, credentials, options));
    this.#deadlineMs = deadlineMs;
    this.#metadata = metadata;
  }

  /** For questions of its own, such as reflection. */
  get client(): grpc.Client {
    return this.#clients[0]!;
  }

  /** Resolves once every channel has a connection; rejects with the reason after `withinMs`. */
  async connect(withinMs: number): Promise<void> {
    await Promise.all(
      this.#clients.map(
        (client) =>
          new Promise<void>((resolve, reject) => {
            client.waitForReady(Date.now() + withinMs, (error) => (error === undefined ? resolve() : reject(error)));
          }),
      ),
    );
  }

  prepare(call: PreparedCall): void {
    this.#call = call;
    this.#requests = call.requests.map((bytes) => Buffer.from(bytes));
  }

  identifyBy(identifier: Identifier): void {
    this.#identifier = identifier;
  }

  call(done: Done): void {
    const identifier = this.#identifier;
    let who: string | undefined;
    const call = this.#begin({
      headers: (metadata) => {
        if (identifier.from === 'header') who = textOf(metadata, identifier.name);
      },
      message: (bytes) => {
        if (identifier.from === 'field' && who === undefined) who = this.#call!.answers.field(bytes, identifier.name);
      },
      status: ({ code, details, metadata }) => {
        const peer = peerOf(call);
        if (identifier.from === 'trailer') who = textOf(metadata, identifier.name);
        else if (identifier.from === 'peer') who = peer;
        const ok = code === grpc.status.OK;
        done(grpc.status[code] ?? 'UNKNOWN', who, peer, ok ? undefined : details);
      },
    });
  }

  sample(): ReturnType<Engine['sample']> {
    return new Promise((resolve) => {
      let headers: Record<string, string> = {};
      let fields: Record<string, string> = {};
      const call = this.#begin({
        headers: (metadata) => {
          headers = allOf(metadata);
        },
        message: (bytes) => {
          fields = { ...this.#call!.answers.fields(bytes), ...fields };
        },
        status: ({ code, details, metadata }) => {
          const answer: AnswerSample = { peer: peerOf(call), headers, trailers: allOf(metadata), fields };
          resolve({ status: grpc.status[code] ?? 'UNKNOWN', error: code === 0 ? undefined : details, answer });
        },
      });
    });
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #begin(on: {
    readonly headers: (metadata: grpc.Metadata) => void;
    readonly message: (bytes: Buffer) => void;
    readonly status: (status: grpc.StatusObject) => void;
  }): { getPeer(): string } {
    const client = this.#clients[this.#turn]!;
    this.#turn = (this.#turn + 1) % this.#clients.length;
    const { path, unary } = this.#call!;
    const options = { deadline: Date.now() + this.#deadlineMs };
    if (unary) {
      let answer: Buffer | undefined;
      const call = client.makeUnaryRequest(
        path,
        same,
        same,
        this.#requests[0]!,
        this.#metadata,
        options,
        (_error, bytes) => {
          answer = bytes;
        },
      );
      call.on('metadata', on.headers);
      call.on('status', (status) => {
        // grpc-js calls back with the message before it emits the status.
        if (answer !== undefined) on.message(answer);
        on.status(status);
      });
      return call;
    }
    const call = client.makeBidiStreamRequest(path, same, same, this.#metadata, options);
    call.on('metadata', on.headers);
    call.on('data', on.message);
    call.on('error', () => {});
    call.on('status', on.status);
    for (const request of this.#requests) call.write(request);
    call.end();
    return call;
  }
}

const same = (bytes: Buffer): Buffer => bytes;

function peerOf(call: { getPeer(): string }): string | undefined {
  const peer = call.getPeer();
  // Without a connection grpc-js answers with the target.
  return peer === '' || peer.includes('://') ? undefined : peer;
}

function textOf(metadata: grpc.Metadata, name: string): string | undefined {
  return metadata.get(name)[0]?.toString();
}

function allOf(metadata: grpc.Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([key, value]) => [key, value.toString()]));
}
