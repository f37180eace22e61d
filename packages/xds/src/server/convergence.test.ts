import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { StatusSchema } from '../gen/google/rpc/status_pb.ts';
import { type EncodedResource, fromAny, SnapshotCache, typeUrls, type Variant } from '../index.ts';
import { defaultLimits } from '../limits.ts';
import { deltaWording, receiveDelta } from '../stream/delta.ts';
import { DiscoveryStream, type StreamEnvironment } from '../stream/discovery-stream.ts';
import { ResponseEncoder } from '../stream/response-encoder.ts';
import { receiveSotw, sotwWording } from '../stream/sotw.ts';
import { SotwRequestReader } from '../stream/sotw-request-reader.ts';
import { isFullSetType } from '../type-urls.ts';
import { SubscriberIndex } from './subscriber-index.ts';

// The state machines alone, against a client that takes its time: whatever happens in whatever order, once everything has
// been answered, the client holds what the cache has.

const types = Object.values(typeUrls);
const names = ['a', 'b', 'c', 'd'];

/** Numbers that look random and are the same in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function resource(typeUrl: string, name: string, version: number): EncodedResource {
  // Field 1 is the name, and the version stands in field 2, where the client finds it.
  const text = (tag: number, value: string): Buffer =>
    Buffer.concat([Buffer.from([tag, value.length]), Buffer.from(value)]);
  const value = Buffer.concat([text(10, name), text(18, String(version))]);
  return fromAny({ typeUrl, value }, { version: String(version) });
}

function versionIn(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(bytes[1]! + 4)).toString();
}

/** A client of one type: what it asks for, and what it holds by name and version. */
interface ClientType {
  wanted: Set<string>;
  held: Map<string, string>;
  nonce: string;
  /** Delta: what it has not told yet. */
  subscribe: Set<string>;
  unsubscribe: Set<string>;
}

class Simulation {
  readonly cache = new SnapshotCache();
  readonly client = new Map<string, ClientType>();
  readonly stream: DiscoveryStream;
  readonly #variant: Variant;
  readonly #toServer: Uint8Array[] = [];
  readonly #toClient: Uint8Array[] = [];
  #version = 0;

  constructor(variant: Variant, encoder: ResponseEncoder) {
    this.#variant = variant;
    const index = new SubscriberIndex<DiscoveryStream>();
    const environment: StreamEnvironment = {
      encoder,
      requests: new SotwRequestReader(defaultLimits),
      limits: { ...defaultLimits, responseBytes: 200 },
      now: () => 0,
    };
    const joined = () => ({ view: this.cache.view(''), interest: index.sink('', this.stream) });
    this.stream = new DiscoveryStream(environment, joined, variant === 'sotw' ? sotwWording : deltaWording);
    this.cache.observe(({ group, names: changed }) => {
      for (const [typeUrl, ofType] of changed) {
        for (const name of ofType) {
          const sees = group === undefined ? undefined : (other: string) => other === group;
          for (const key of [name, '*']) index.visit(typeUrl, key, sees, (stream) => stream.changed(typeUrl, name));
        }
      }
    });
    for (const typeUrl of types) {
      const none = { subscribe: new Set<string>(), unsubscribe: new Set<string>() };
      this.client.set(typeUrl, { wanted: new Set(), held: new Map(), nonce: '', ...none });
    }
  }

  change(typeUrl: string, name: string, remove: boolean): void {
    this.#version += 1;
    if (remove) this.cache.remove(typeUrl, name);
    else this.cache.set(resource(typeUrl, name, this.#version));
  }

  /** The client takes up a name or gives it up. */
  toggle(typeUrl: string, name: string): void {
    const type = this.client.get(typeUrl)!;
    if (type.wanted.delete(name)) {
      if (!type.subscribe.delete(name)) type.unsubscribe.add(name);
      type.held.delete(name);
    } else {
      type.wanted.add(name);
      type.subscribe.add(name);
    }
    this.#send(typeUrl, this.#variant === 'sotw' ? type.nonce : '');
  }

  /** The server reads the next request. */
  deliverRequest(): boolean {
    const bytes = this.#toServer.shift();
    if (bytes === undefined) return false;
    const receive = this.#variant === 'sotw' ? receiveSotw : receiveDelta;
    const { rest } = receive(this.stream, bytes);
    while (rest !== undefined && rest.next().done !== true);
    return true;
  }

  /** The server writes its next response. */
  write(): boolean {
    const response = this.stream.next();
    if (response !== undefined) this.#toClient.push(response.frame.subarray(5));
    return response !== undefined;
  }

  /** The client reads the next response, and takes or rejects it. */
  deliverResponse(reject: boolean): boolean {
    const bytes = this.#toClient.shift();
    if (bytes === undefined) return false;
    if (this.#variant === 'sotw') this.#takeSotw(bytes, reject);
    else this.#takeDelta(bytes, reject);
    return true;
  }

  settle(): void {
    while (this.deliverRequest() || this.write() || this.deliverResponse(false));
  }

  #takeSotw(bytes: Uint8Array, reject: boolean): void {
    const { typeUrl, nonce, resources } = fromBinary(DiscoveryResponseSchema, bytes);
    const type = this.client.get(typeUrl)!;
    type.nonce = nonce;
    if (!reject) {
      if (isFullSetType(typeUrl)) type.held.clear();
      for (const { name, bytes: message } of resources.map((any) => fromAny(any))) {
        if (type.wanted.has(name)) type.held.set(name, versionIn(message));
      }
    }
    this.#send(typeUrl, nonce, reject);
  }

  #takeDelta(bytes: Uint8Array, reject: boolean): void {
    const { typeUrl, nonce, resources, removedResources } = fromBinary(DeltaDiscoveryResponseSchema, bytes);
    const type = this.client.get(typeUrl)!;
    if (!reject) {
      for (const { name, version } of resources) if (type.wanted.has(name)) type.held.set(name, version);
      for (const name of removedResources) type.held.delete(name);
    }
    this.#send(typeUrl, nonce, reject);
  }

  #send(typeUrl: string, responseNonce: string, reject = false): void {
    const { wanted, subscribe, unsubscribe } = this.client.get(typeUrl)!;
    const error = reject ? { errorDetail: create(StatusSchema, { code: 3, message: 'no' }) } : {};
    if (this.#variant === 'sotw') {
      const request = create(DiscoveryRequestSchema, { typeUrl, responseNonce, resourceNames: [...wanted], ...error });
      this.#toServer.push(toBinary(DiscoveryRequestSchema, request));
      return;
    }
    const request = create(DeltaDiscoveryRequestSchema, {
      typeUrl,
      responseNonce,
      resourceNamesSubscribe: [...subscribe],
      resourceNamesUnsubscribe: [...unsubscribe],
      ...error,
    });
    subscribe.clear();
    unsubscribe.clear();
    this.#toServer.push(toBinary(DeltaDiscoveryRequestSchema, request));
  }
}

for (const variant of ['sotw', 'delta'] as const) {
  test(`${variant}: whatever happens in whatever order, the client ends up with what there is`, () => {
    const encoder = new ResponseEncoder();
    for (let seed = 1; seed <= 300; seed++) {
      const random = generator(seed);
      const simulation = new Simulation(variant, encoder);
      const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
      for (let step = 0; step < 200; step++) {
        const action = random(10);
        if (action < 3) simulation.change(pick(types), pick(names), random(3) === 0);
        else if (action < 4) simulation.toggle(pick(types), pick(names));
        else if (action < 6) simulation.deliverRequest();
        else if (action < 8) simulation.write();
        else simulation.deliverResponse(random(10) === 0);
      }
      simulation.settle();
      // What was rejected is sent again when it changes.
      for (const typeUrl of types) for (const name of names) simulation.change(typeUrl, name, false);
      simulation.settle();
      for (const typeUrl of types) simulation.change(typeUrl, pick(names), true);
      simulation.settle();
      compare(simulation, variant, seed);
    }
  });
}

function compare({ client, cache, stream }: Simulation, variant: Variant, seed: number): void {
  for (const [typeUrl, { wanted, held }] of client) {
    for (const name of names) {
      const expected = wanted.has(name) ? cache.get(typeUrl, name)?.version : undefined;
      // State of the world has no word for the removal of an assignment or a route.
      if (expected === undefined && wanted.has(name) && variant === 'sotw' && !isFullSetType(typeUrl)) continue;
      assert.equal(held.get(name), expected, `seed ${seed}: ${name} of ${typeUrl}`);
    }
  }
  for (const { subscription, acks } of stream.types) {
    assert.ok(!subscription.hasPending && !acks.awaited, `seed ${seed}: ${subscription.typeUrl} is not settled`);
  }
}
