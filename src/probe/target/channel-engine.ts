import * as grpc from '@grpc/grpc-js';
import { type AnswerSample, fieldOf, type Identifier } from '../identify/identify.ts';
import { binaryText } from '../identify/metadata-text.ts';
import type { Done, Engine } from '../load/engine.ts';
import { boundedError } from '../load/error-text.ts';
import { type CallEvents, outcomeOf } from './channel-outcome.ts';
import { ConnectFailure } from './dial.ts';
import type { PreparedCall } from './method.ts';
import { StreamWaits } from './stream-waits.ts';

export interface ChannelOptions {
  /** As gRPC takes it. */
  readonly uri: string;
  readonly credentials: grpc.ChannelCredentials;
  readonly options: grpc.ChannelOptions;
  /** Channels, taken in turn, each with connections of its own. */
  readonly channels: number;
}

interface RunningCall {
  getPeer(): string;
  cancel(): void;
}

/** Calls by real gRPC clients, so that balancing is what they do. */
export class ChannelEngine implements Engine {
  readonly name = 'channel';
  readonly #clients: grpc.Client[];
  #deadlineMs: number;
  #metadata: grpc.Metadata;
  readonly #running = new Set<RunningCall>();
  readonly #waits = new StreamWaits();
  #call: PreparedCall | undefined;
  #requests: Buffer[] = [];
  #identifier: Identifier = { from: 'peer' };
  #turn = 0;
  /** Of the last call: what grpc-js said of its connection, and what that comes to. */
  #said = '';
  #peer: string | undefined;

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

  /**
   * Resolves once every channel has a connection.
   *
   * @param diagnose - why there is none; asked when a channel has failed to connect
   * @throws ConnectFailure at once where the reason is final, else after `withinMs`
   */
  async connect(withinMs: number, diagnose: () => Promise<ConnectFailure | undefined>): Promise<void> {
    const deadline = Date.now() + withinMs;
    await Promise.all(this.#clients.map((client) => becomeReady(client.getChannel(), deadline, diagnose)));
  }

  prepare(call: PreparedCall): void {
    this.#call = call;
    this.#requests = call.requests.map((bytes) => Buffer.from(bytes));
  }

  identifyBy(identifier: Identifier): void {
    this.#identifier = identifier;
  }

  get streamWaits(): number {
    return this.#waits.count;
  }

  mark([name, value]: readonly [name: string, value: string], deadlineMs: number): void {
    this.#metadata = this.#metadata.clone();
    this.#metadata.set(name, value);
    this.#deadlineMs = deadlineMs;
  }

  call(done: Done): void {
    const identifier = this.#identifier;
    const field = fieldOf(identifier);
    let who: string | undefined;
    const call = this.#begin({
      headers: (metadata) => {
        if (identifier.from === 'header') who = textOf(metadata, identifier.name);
      },
      message: (bytes) => {
        if (field !== undefined && who === undefined) who = this.#call!.answers.field(bytes, field);
      },
      status: ({ code, details, metadata }) => {
        const peer = this.#peerOf(call);
        if (identifier.from === 'trailer') who = textOf(metadata, identifier.name);
        else if (identifier.from === 'peer') who = peer;
        // An answer without a message may have trailers only, and its name there.
        else if (identifier.from === 'header') who ??= textOf(metadata, identifier.name);
        const ok = code === grpc.status.OK;
        done(grpc.status[code] ?? 'UNKNOWN', who, peer, ok ? undefined : boundedError(details));
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
          const answer: AnswerSample = { peer: this.#peerOf(call), headers, trailers: allOf(metadata), fields };
          const error = code === grpc.status.OK ? undefined : boundedError(details);
          resolve({ status: grpc.status[code] ?? 'UNKNOWN', error, answer });
        },
      });
    });
  }

  close(): void {
    this.#waits.stop();
    // A channel that is closed lets calls that are under way go on.
    for (const call of [...this.#running]) call.cancel();
    for (const client of this.#clients) client.close();
  }

  #begin(events: CallEvents): RunningCall {
    const client = this.#clients[this.#turn]!;
    this.#turn = (this.#turn + 1) % this.#clients.length;
    const { path, unary, singleAnswer } = this.#call!;
    const options = { deadline: Date.now() + this.#deadlineMs };
    const outcome = outcomeOf(singleAnswer, events, () => this.#running.delete(call));
    let call: RunningCall;
    if (unary) {
      let answer: Buffer | undefined;
      const request = this.#requests[0]!;
      const unaryCall = client.makeUnaryRequest(path, same, same, request, this.#metadata, options, (_error, bytes) => {
        answer = bytes;
      });
      unaryCall.on('metadata', outcome.headers);
      unaryCall.on('status', (status) => {
        // grpc-js calls back with the message before it emits the status.
        if (answer !== undefined) outcome.message(answer);
        outcome.status(status);
      });
      call = unaryCall;
    } else {
      const stream = client.makeBidiStreamRequest(path, same, same, this.#metadata, options);
      stream.on('metadata', outcome.headers);
      stream.on('data', outcome.message);
      stream.on('error', () => {});
      stream.on('status', outcome.status);
      for (const request of this.#requests) stream.write(request);
      stream.end();
      call = stream;
    }
    this.#running.add(call);
    return call;
  }

  #peerOf(call: RunningCall): string | undefined {
    const said = call.getPeer();
    if (said !== this.#said) {
      // Without a connection grpc-js answers with the target.
      const isTarget = said === '' || said.includes('://') || said === this.client.getChannel().getTarget();
      this.#peer = isTarget ? undefined : said.replace(/^\0/, '@');
      this.#said = said;
    }
    return this.#peer;
  }
}

/** The connection has to be there after this share of the time, or somebody looks why it is not. */
const patience = 0.4;

/** @throws ConnectFailure */
async function becomeReady(
  channel: ReturnType<grpc.Client['getChannel']>,
  deadline: number,
  diagnose: () => Promise<ConnectFailure | undefined>,
): Promise<void> {
  const withinMs = deadline - Date.now();
  const lookAt = Date.now() + withinMs * patience;
  let found: Promise<ConnectFailure | undefined> | undefined;
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === grpc.connectivityState.READY) return;
    if (state === grpc.connectivityState.TRANSIENT_FAILURE || (found === undefined && Date.now() >= lookAt)) {
      found = diagnose();
      const failure = await found;
      if (failure?.isFinal === true) throw failure;
    }
    if (Date.now() >= deadline) {
      throw (await found) ?? new ConnectFailure(`no connection within ${withinMs} ms`, false);
    }
    await changeOf(channel, state, found === undefined ? lookAt : deadline);
  }
}

/** Resolves when the channel's state is another one, or at that time. */
function changeOf(
  channel: ReturnType<grpc.Client['getChannel']>,
  state: grpc.connectivityState,
  at: number,
): Promise<void> {
  return new Promise((resolve) => channel.watchConnectivityState(state, at, () => resolve()));
}

const same = (bytes: Buffer): Buffer => bytes;

function textOf(metadata: grpc.Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return value === undefined ? undefined : valueText(value);
}

function allOf(metadata: grpc.Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([key, value]) => [key, valueText(value)]));
}

function valueText(value: grpc.MetadataValue): string {
  return typeof value === 'string' ? value : binaryText(value);
}
