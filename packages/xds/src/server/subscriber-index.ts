import type { InterestSink } from '../stream/subscription.ts';

type ByGroup<Subscriber> = Map<string, Set<Subscriber>>;

/**
 * Who cares for what: by type, name and group. A change finds exactly the streams that it concerns, whatever else there
 * is.
 */
export class SubscriberIndex<Subscriber> {
  readonly #byType = new Map<string, Map<string, ByGroup<Subscriber>>>();
  #size = 0;

  /** The sink through which one subscriber of a group declares its interest. */
  sink(group: string, subscriber: Subscriber): InterestSink {
    return {
      add: (typeUrl, name) => this.#add(typeUrl, name, group, subscriber),
      delete: (typeUrl, name) => this.#delete(typeUrl, name, group, subscriber),
    };
  }

  /** Visits the subscribers of a name, those of the groups that `isMeant` or of all. */
  visit(
    typeUrl: string,
    name: string,
    isMeant: ((group: string) => boolean) | undefined,
    visitor: (subscriber: Subscriber) => void,
  ): void {
    for (const [group, subscribers] of this.#byType.get(typeUrl)?.get(name) ?? []) {
      if (isMeant === undefined || isMeant(group)) subscribers.forEach(visitor);
    }
  }

  /** Subscriptions of all streams together. */
  get size(): number {
    return this.#size;
  }

  #add(typeUrl: string, name: string, group: string, subscriber: Subscriber): void {
    const names = getOrAdd(this.#byType, typeUrl, () => new Map<string, ByGroup<Subscriber>>());
    const groups = getOrAdd(names, name, () => new Map<string, Set<Subscriber>>());
    const subscribers = getOrAdd(groups, group, () => new Set<Subscriber>());
    if (subscribers.has(subscriber)) return;
    subscribers.add(subscriber);
    this.#size += 1;
  }

  #delete(typeUrl: string, name: string, group: string, subscriber: Subscriber): void {
    const names = this.#byType.get(typeUrl);
    const groups = names?.get(name);
    const subscribers = groups?.get(group);
    if (names === undefined || groups === undefined || !subscribers?.delete(subscriber)) return;
    this.#size -= 1;
    if (subscribers.size === 0) groups.delete(group);
    if (groups.size === 0) names.delete(name);
    if (names.size === 0) this.#byType.delete(typeUrl);
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
