import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import {
  decodeResponse,
  encodeRequest,
  type NodeIdentity,
  type Received,
  type RequestFields,
  type Variant,
} from './messages.ts';
import { CheckFailure, messageOf, Unsupported } from './outcome.ts';
import { isFullState, type Kind, kindOf, typeUrlOf } from './resources.ts';

/** A call, as the transport gives it. */
export type Call = ClientDuplexStream<Uint8Array, Uint8Array>;

/** What a client knows of one type. */
interface TypeMemory {
  readonly names: Set<string>;
  /** `*` is asked for by a request without names. */
  isLegacy: boolean;
  /** Generations by name. */
  readonly held: Map<string, number>;
  /** Versions by name; delta. */
  readonly versions: Map<string, string>;
  version: string;
  nonce: string;
}

/** How long a check waits for what has to come. */
export interface Waiting {
  readonly patienceMs: number;
  /** Resolves where something that did not come by now will not come; see `Timing.isInOrder`. */
  readonly proof?: (() => Promise<void>) | undefined;
}

const unimplemented = 12;
/** What is awaited has come by then, also from a server that sends each resource by itself. */
const maxResponses = 1_000;

/**
 * An aggregated stream that behaves as a client does: remembers names, versions and nonces, says who it is in its first
 * request only. A check says in its words what the client wants, in either variant.
 */
export class XdsStream {
  readonly variant: Variant;
  /** All responses so far, in the order in which they came. */
  readonly received: Received[] = [];
  readonly #call: Call;
  readonly #types = new Map<string, TypeMemory>();
  readonly #taken = new Set<Received>();
  readonly #waiters = new Set<() => void>();
  readonly #waiting: Waiting;
  #node: NodeIdentity | undefined;
  #end: Error | undefined;

  constructor(call: Call, variant: Variant, node: NodeIdentity, waiting: Waiting) {
    this.#call = call;
    this.variant = variant;
    this.#node = node;
    this.#waiting = waiting;
    call.on('data', (bytes: Uint8Array) => {
      try {
        this.received.push(decodeResponse(variant, bytes));
      } catch (error) {
        this.#end = new CheckFailure(`a response is no ${variant} response: ${messageOf(error)}`);
      }
      this.#wake();
    });
    call.on('error', ({ code, details }: ServiceError) => {
      this.#end ??=
        code === unimplemented
          ? new Unsupported(`the server answers UNIMPLEMENTED to its ${variant} method`)
          : new CheckFailure(`the stream ended with gRPC status ${code}: ${details}`);
      this.#wake();
    });
    call.on('end', () => {
      this.#end ??= new CheckFailure('the server ended the stream');
      this.#wake();
    });
  }

  /** Sends a request as it is; the node is added to the first one. */
  send(fields: RequestFields): void {
    this.#call.write(encodeRequest(this.variant, { ...fields, node: this.#node }));
    this.#node = undefined;
  }

  /** Subscribes to everything by a request without names, which has to be the first of its type. */
  subscribeToAll(kind: Kind): void {
    const memory = this.#of(kind);
    memory.names.add('*');
    memory.isLegacy = true;
    this.send({ typeUrl: typeUrlOf[kind] });
  }

  /** Adds names to the subscription. */
  subscribe(kind: Kind, ...names: readonly string[]): void {
    this.changeNames(kind, names, []);
  }

  /** Subscribes to the first names of a type, and accepts what comes until the client holds these, in their first contents. */
  obtain(kind: Kind, ...names: readonly string[]): Promise<void> {
    this.subscribe(kind, ...names);
    return this.holds(kind, Object.fromEntries(names.map((name) => [name, 1])));
  }

  /** Takes names away from the subscription. */
  unsubscribe(kind: Kind, ...names: readonly string[]): void {
    this.changeNames(kind, [], names);
  }

  /** Subscribes as a client that has been here before: the first request of its type says what it has. */
  resume(
    kind: Kind,
    names: readonly string[],
    { version, byName }: { readonly version?: string; readonly byName?: Readonly<Record<string, string>> },
  ): void {
    for (const name of names) this.#of(kind).names.add(name);
    this.send({ typeUrl: typeUrlOf[kind], names, version, subscribe: names, initialVersions: byName });
  }

  changeNames(kind: Kind, subscribe: readonly string[], unsubscribe: readonly string[]): void {
    const memory = this.#of(kind);
    memory.isLegacy = false;
    for (const name of subscribe) memory.names.add(name);
    for (const name of unsubscribe) memory.names.delete(name);
    if (!memory.names.has('*')) {
      for (const name of memory.held.keys()) if (!memory.names.has(name)) memory.held.delete(name);
    }
    const typeUrl = typeUrlOf[kind];
    if (this.variant === 'delta') this.send({ typeUrl, subscribe, unsubscribe });
    else this.send({ typeUrl, names: namesIn(memory), version: memory.version, nonce: memory.nonce });
  }

  /** Accepts a response, and takes over what it says. */
  ack(response: Received): void {
    const kind = kindOf(response.typeUrl);
    const { typeUrl, version, nonce } = response;
    if (kind === undefined) {
      this.send({ typeUrl, nonce, version });
      return;
    }
    const memory = this.#of(kind);
    if (this.variant === 'sotw' && isFullState(kind)) memory.held.clear();
    for (const { name, generation, version: own } of response.resources) {
      // What a wildcard brings is for the server to say, so beside what it was given it may have resources of its own.
      const isGiven = memory.names.has('*') && !Number.isNaN(generation);
      if (!memory.names.has(name) && !isGiven) continue;
      memory.held.set(name, generation);
      memory.versions.set(name, own);
    }
    for (const name of response.removed) {
      memory.held.delete(name);
      memory.versions.delete(name);
    }
    memory.version = version;
    memory.nonce = nonce;
    if (this.variant === 'delta') this.send({ typeUrl, nonce });
    else this.send({ typeUrl, names: namesIn(memory), version, nonce });
  }

  /** Rejects a response. */
  nack({ typeUrl, nonce }: Received): void {
    const kind = kindOf(typeUrl);
    if (kind === undefined) return;
    const memory = this.#of(kind);
    memory.nonce = nonce;
    const error = 'rejected by the conformance suite';
    if (this.variant === 'delta') this.send({ typeUrl, nonce, error });
    else this.send({ typeUrl, nonce, error, names: namesIn(memory), version: memory.version });
  }

  /** The next response of a type. */
  async next(kind: Kind): Promise<Received> {
    const response = await this.until(
      () => this.#untaken(kind),
      () => `no response of ${kind} came`,
    );
    this.#taken.add(response);
    return response;
  }

  /** Accepts what comes of a type until a response is as it is wanted. */
  async nextWith(kind: Kind, isWanted: (response: Received) => boolean, what: string): Promise<Received> {
    const failIfEndless = this.#endless();
    for (;;) {
      const response = await this.#nextOr(kind, what);
      this.ack(response);
      if (isWanted(response)) return response;
      failIfEndless(what);
    }
  }

  /** Accepts what comes of a type until a response has a resource. */
  nextOf(kind: Kind, name: string, generation?: number): Promise<Received> {
    const which = generation === undefined ? name : `${name} in its content ${generation}`;
    return this.nextWith(
      kind,
      ({ resources }) =>
        resources.some((one) => one.name === name && (generation === undefined || one.generation === generation)),
      `no response of ${kind} had ${which}`,
    );
  }

  /** Accepts what comes of a type until the client holds exactly this: generations by name. */
  async holds(kind: Kind, expected: Readonly<Record<string, number>>): Promise<void> {
    const { held } = this.#of(kind);
    const isReached = (): boolean =>
      held.size === Object.keys(expected).length && [...held].every(([name, value]) => expected[name] === value);
    const failIfEndless = this.#endless();
    while (!isReached()) {
      const what = `the client should hold ${listOf(expected)} of ${kind} and holds ${listOf(Object.fromEntries(held))}`;
      failIfEndless(what);
      this.ack(await this.#nextOr(kind, what));
    }
  }

  /** Accepts what comes until the client holds a name; for what is not checked but has to be over. */
  async reaches(kind: Kind, name: string): Promise<void> {
    const { held } = this.#of(kind);
    const look = (): Received | true | undefined => (held.has(name) ? true : this.#untaken(kind));
    const what = `a request of another type (${kind}) was not answered`;
    const failIfEndless = this.#endless();
    for (;;) {
      const found = await this.until(look, () => what, true);
      if (found === true) return;
      failIfEndless(what);
      this.#taken.add(found);
      this.ack(found);
    }
  }

  /** What is subscribed to by name. */
  namesOf(kind: Kind): readonly string[] {
    return [...this.#of(kind).names];
  }

  /** Versions that the client has, for its next stream. */
  versionsOf(kind: Kind): { readonly version: string; readonly byName: Readonly<Record<string, string>> } {
    const { version, versions } = this.#of(kind);
    return { version, byName: Object.fromEntries(versions) };
  }

  /** Responses that came and that nobody awaited; of secrets there are others. */
  unexpected(): readonly Received[] {
    return this.received.filter((one) => one.typeUrl !== typeUrlOf.SDS && !this.#taken.has(one));
  }

  /** Accepts all that came; whether there was something. */
  acceptAll(): boolean {
    const responses = this.unexpected();
    for (const response of responses) {
      this.#taken.add(response);
      this.ack(response);
    }
    return responses.length > 0;
  }

  /** @throws why the stream has ended, where it has */
  assertOpen(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  /** Resets the stream, as a client that goes away does. */
  cancel(): void {
    this.#end ??= new CheckFailure('the suite ended the stream');
    this.#call.cancel();
  }

  /** Waits until `look` finds something; a stream that ends, or patience that does, is a failure. */
  async until<T>(look: () => T | undefined, missing: () => string, isPatient = false): Promise<T> {
    let isOver = false;
    let wake = (): void => {};
    const timer = setTimeout(() => {
      isOver = true;
      wake();
    }, this.#waiting.patienceMs);
    const proof = isPatient ? undefined : this.#waiting.proof;
    let isProved = proof === undefined;
    try {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        this.assertOpen();
        if (isOver) throw new CheckFailure(`${missing()} within ${this.#waiting.patienceMs} ms`);
        if (!isProved) {
          isProved = true;
          const end = (): void => {
            isOver = true;
            wake();
          };
          proof!().then(end, end);
        }
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        this.#waiters.add(wake);
        await woken;
        this.#waiters.delete(wake);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** For what accepts one response after the other: a server that answers each ACK would keep it at it for ever. */
  #endless(): (missing: string) => void {
    let responses = 0;
    return (missing) => {
      responses += 1;
      if (responses > maxResponses) throw new CheckFailure(`${missing} in ${maxResponses} responses`);
    };
  }

  #untaken(kind: Kind): Received | undefined {
    return this.received.find((one) => one.typeUrl === typeUrlOf[kind] && !this.#taken.has(one));
  }

  async #nextOr(kind: Kind, missing: string): Promise<Received> {
    try {
      return await this.next(kind);
    } catch (error) {
      throw error instanceof CheckFailure ? new CheckFailure(`${missing}; ${error.message}`) : error;
    }
  }

  #of(kind: Kind): TypeMemory {
    let memory = this.#types.get(kind);
    if (memory === undefined) {
      memory = { names: new Set(), isLegacy: false, held: new Map(), versions: new Map(), version: '', nonce: '' };
      this.#types.set(kind, memory);
    }
    return memory;
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }
}

function namesIn({ names, isLegacy }: TypeMemory): readonly string[] {
  return isLegacy ? [] : [...names];
}

/** `a (1), b (2)`, generations in brackets; `nothing`. */
function listOf(held: Readonly<Record<string, number>>): string {
  const parts = Object.entries(held).map(([name, generation]) => `${name} (${generation})`);
  return parts.length === 0 ? 'nothing' : parts.sort().join(', ');
}

/** A response in a few words, for failures. */
export function describe({ typeUrl, version, resources, removed }: Received): string {
  const kind = kindOf(typeUrl) ?? typeUrl;
  const names = resources.map(({ name }) => name).join(', ') || 'nothing';
  const gone = removed.length === 0 ? '' : `, removed ${removed.join(', ')}`;
  return `${kind} with ${names}${gone} (version "${version}")`;
}
