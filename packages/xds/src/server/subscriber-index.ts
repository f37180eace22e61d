import type { InterestSink } from '../stream/subscription.ts';

/**
 * Who cares for what, by type and name, each with its group. A change finds exactly the streams that it concerns, whatever else
 * there is. Groups may be as many as subscribers, so that none of them has a set of its own.
 */
export class SubscriberIndex<Subscriber> {
  readonly #byType = new Map<string, Map<string, Map<Subscriber, string>>>();
  #size = 0;

  /** The sink through which one subscriber, of one group, declares its interest. */
  sink(group: string, subscriber: Subscriber): InterestSink {
    return new Sink(this, group, subscriber);
  }

  /** Visits the subscribers of a name, those of the groups that `isMeant` (asked once a group) or of all. */
  visit(
    typeUrl: string,
    name: string,
    isMeant: ((group: string) => boolean) | undefined,
    visitor: (subscriber: Subscriber) => void,
  ): void {
    const meant = new Map<string, boolean>();
    this.#byType
      .get(typeUrl)
      ?.get(name)
      ?.forEach((group, subscriber) => {
        if (isMeant === undefined || getOrAdd(meant, group, () => isMeant(group))) visitor(subscriber);
      });
  }

  /** Subscriptions of all streams together. */
  get size(): number {
    return this.#size;
  }

  /** Of a sink. */
  add(typeUrl: string, name: string, group: string, subscriber: Subscriber): void {
    const names = getOrAdd(this.#byType, typeUrl, () => new Map<string, Map<Subscriber, string>>());
    const subscribers = getOrAdd(names, name, () => new Map<Subscriber, string>());
    if (subscribers.has(subscriber)) return;
    subscribers.set(subscriber, group);
    this.#size += 1;
  }

  /** Of a sink. */
  delete(typeUrl: string, name: string, subscriber: Subscriber): void {
    const names = this.#byType.get(typeUrl);
    const subscribers = names?.get(name);
    if (names === undefined || !subscribers?.delete(subscriber)) return;
    this.#size -= 1;
    if (subscribers.size === 0) names.delete(name);
    if (names.size === 0) this.#byType.delete(typeUrl);
  }
}

class Sink<Subscriber> implements InterestSink {
  readonly #index: SubscriberIndex<Subscriber>;
  readonly #group: string;
  readonly #subscriber: Subscriber;

  constructor(index: SubscriberIndex<Subscriber>, group: string, subscriber: Subscriber) {
    this.#index = index;
    this.#group = group;
    this.#subscriber = subscriber;
  }

  add(typeUrl: string, name: string): void {
    this.#index.add(typeUrl, name, this.#group, this.#subscriber);
  }

  delete(typeUrl: string, name: string): void {
    this.#index.delete(typeUrl, name, this.#subscriber);
  }
}

function getOrAdd<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
