import type { Client } from '@grpc/grpc-js';
import type { Driver } from './driver.ts';
import { methodOf, type Variant } from './messages.ts';
import { CheckFailure } from './outcome.ts';
import { type Resource, type ResourceKey, resource } from './resources.ts';
import { type Call, describe, XdsStream } from './stream.ts';

/** A server that answers each ACK never settles; that is another check's matter. */
const maxRounds = 3;

/** How patient a run is. */
export interface Timing {
  /** Milliseconds within which what has to come must have come. */
  readonly patienceMs: number;
  /** Milliseconds that nothing may come in, after the server has answered two later changes. */
  readonly quietMs: number;
  /**
   * The server answers in the order in which things happen: what has not come when a later change was answered will not
   * come, and is not waited for. Known only of servers that are made for tests.
   */
  readonly isInOrder?: boolean;
}

/** What a check has to do with: one node, what it is served, and its streams. */
export class Scene {
  readonly #driver: Driver;
  readonly #client: Client;
  readonly #node: string;
  readonly #timing: Timing;
  readonly #served = new Map<string, ResourceKey>();
  readonly #streams: XdsStream[] = [];
  #fences = 0;

  constructor(driver: Driver, client: Client, node: string, timing: Timing) {
    this.#driver = driver;
    this.#client = client;
    this.#node = node;
    this.#timing = timing;
  }

  /** Gives the server resources, in one change. */
  set(...resources: readonly Resource[]): Promise<void> {
    return this.change(resources, []);
  }

  /** Takes resources away. */
  remove(...keys: readonly ResourceKey[]): Promise<void> {
    return this.change([], keys);
  }

  async change(set: readonly Resource[], remove: readonly ResourceKey[]): Promise<void> {
    for (const { typeUrl, name } of set) this.#served.set(`${typeUrl} ${name}`, { typeUrl, name });
    for (const { typeUrl, name } of remove) this.#served.delete(`${typeUrl} ${name}`);
    const removed = remove.map(({ typeUrl, name }) => ({ typeUrl, name }));
    await this.#driver.apply({ node: this.#node, set, remove: removed });
  }

  /** Opens a stream; its first request says that it is this node. */
  open(variant: Variant, userAgentName = 'conformance'): XdsStream {
    const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
    const call: Call = this.#client.makeBidiStreamRequest(methodOf[variant], asIs, (bytes) => bytes);
    const proof = this.#timing.isInOrder === true ? () => this.#pass(stream) : undefined;
    const { patienceMs } = this.#timing;
    const stream = new XdsStream(call, variant, { id: this.#node, userAgentName }, { patienceMs, proof });
    this.#streams.push(stream);
    return stream;
  }

  /** Fails if there is a response that nobody awaited. */
  async nothing(stream: XdsStream, because: string): Promise<void> {
    await this.#quiet(stream);
    const unexpected = stream.unexpected();
    if (unexpected.length === 0) return;
    const shown = unexpected.slice(0, 3).map(describe).join('; ');
    throw new CheckFailure(`${because}, but there came ${unexpected.length} more: ${shown}`);
  }

  /** Waits until the server has dealt with what was sent; what it answers is accepted, and there need not be an answer. */
  async settled(stream: XdsStream): Promise<void> {
    await this.#quiet(stream);
    for (let round = 0; round < maxRounds && stream.acceptAll(); round++) await this.#quiet(stream);
  }

  /** Ends the streams, and takes away all that was served. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.cancel();
    if (this.#served.size > 0) await this.remove(...this.#served.values());
  }

  /**
   * It is not enough to wait: the server has to answer a request of a type that the check has nothing to do with. It is
   * sent after all others, so those were dealt with before. Then nothing may come for a while.
   */
  async #quiet(stream: XdsStream): Promise<void> {
    await this.#pass(stream);
    if (this.#timing.isInOrder !== true) await new Promise((resolve) => setTimeout(resolve, this.#timing.quietMs));
    stream.assertOpen();
  }

  /** There is one secret at a time: a server may answer only those who ask for all that it has. */
  async #pass(stream: XdsStream): Promise<void> {
    this.#fences += 1;
    const [before, name] = [`fence-${this.#fences - 1}`, `fence-${this.#fences}`];
    await this.change([resource('SDS', name)], this.#fences === 1 ? [] : [resource('SDS', before)]);
    stream.changeNames('SDS', [name], stream.namesOf('SDS'));
    await stream.reaches('SDS', name);
  }
}
