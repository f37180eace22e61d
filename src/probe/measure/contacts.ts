import { performance } from 'node:perf_hooks';
import { canonicalAddress } from '../../verdict/canonical-address.ts';
import type { SeenAt, Wanted } from '../../verdict/match-backends.ts';
import type { Identifier } from '../identify/identify.ts';
import { cleanName } from '../identify/names.ts';
import type { Engine } from '../load/engine.ts';

/** What calls to a backend came to, from when it came until it came again; times of `performance.now()`. */
export interface Contact {
  /** Undefined: none. */
  firstAnswerAt: number | undefined;
  lastSentAt: number | undefined;
}

/** Names, and addresses of one name, that are kept; what servers say must not fill the memory. */
const mostNames = 10_000;
const mostAddresses = 256;
/** Names that are longer are read anew for each call. */
const longestRaw = 1000;

/** Remembers which name answered at which address and when; what it holds does not grow with the number of calls. */
export class Contacts {
  readonly #spans = new Map<string, Map<string, { firstAt: number; lastAt: number }>>();
  /** By name and by address: one for each time that the backend came. */
  readonly #contacts = new Map<string, (Contact & { readonly since: number })[]>();

  /** Names as they came, to names as they are reported. */
  readonly #names = new Map<string, string>();
  #foundAt = '';

  /** An engine that tells backends apart by `identifier`, whose calls are remembered, with names that can be printed. */
  observe(engine: Engine, identifier: Identifier): Engine {
    engine.identifyBy(identifier);
    this.#foundAt = 'name' in identifier ? identifier.name : '';
    return {
      name: engine.name,
      call: (done, sentAt = performance.now()) => {
        engine.call((status, raw, peer, error, held) => {
          const who = raw === undefined ? undefined : this.#clean(raw);
          // What was never sent went to nobody.
          const leftAt = held === undefined ? sentAt : held.leftAt;
          const endedAt = performance.now();
          if (leftAt !== undefined) this.#add(leftAt, endedAt, status === 'OK', who ?? '', peer);
          done(status, who, peer, error, held, endedAt);
        }, sentAt);
      },
      sample: () => engine.sample(),
      identifyBy: (other) => engine.identifyBy(other),
      close: () => engine.close(),
    };
  }

  /** A backend came, perhaps again: what answers from now on is its new self. */
  came(backend: Wanted, at: number): void {
    for (const key of keysOf(backend)) {
      const contact = { since: at, firstAnswerAt: undefined, lastSentAt: undefined };
      this.#contacts.set(key, [...(this.#contacts.get(key) ?? []), contact]);
    }
  }

  /** What calls to a backend came to, of the time in which `at` lies. */
  of(backend: Wanted, at: number): Contact {
    const all = keysOf(backend).flatMap((key) => this.#contacts.get(key)?.findLast(({ since }) => since <= at) ?? []);
    const first = all.flatMap(({ firstAnswerAt }) => firstAnswerAt ?? []);
    const last = all.flatMap(({ lastSentAt }) => lastSentAt ?? []);
    return {
      firstAnswerAt: first.length === 0 ? undefined : Math.min(...first),
      lastSentAt: last.length === 0 ? undefined : Math.max(...last),
    };
  }

  /** Where a name (`''`: none) answered since then. */
  spansOf(name: string, since: number): SeenAt[] {
    return [...(this.#spans.get(name) ?? [])]
      .filter(([, { lastAt }]) => lastAt >= since)
      .map(([peer, span]) => ({ peer, ...span }));
  }

  #clean(raw: string): string {
    let name = this.#names.get(raw);
    if (name === undefined) {
      name = cleanName(raw, this.#foundAt);
      if (this.#names.size < mostNames && raw.length <= longestRaw) this.#names.set(raw, name);
    }
    return name;
  }

  #add(sentAt: number, endedAt: number, answered: boolean, who: string, peer: string | undefined): void {
    if (who !== '') this.#contact(who, sentAt, endedAt, answered);
    if (peer === undefined) return;
    if (peer !== who) this.#contact(peer, sentAt, endedAt, answered);
    if (!answered) return;
    let spans = this.#spans.get(who);
    if (spans === undefined) {
      if (this.#spans.size >= mostNames) return;
      spans = new Map();
      this.#spans.set(who, spans);
    }
    const span = spans.get(peer);
    if (span !== undefined) span.lastAt = endedAt;
    else if (spans.size < mostAddresses) spans.set(peer, { firstAt: endedAt, lastAt: endedAt });
  }

  #contact(key: string, sentAt: number, endedAt: number, answered: boolean): void {
    let contact = this.#contacts.get(key)?.at(-1);
    if (contact === undefined) {
      if (this.#contacts.size >= 2 * mostNames) return;
      contact = { since: Number.NEGATIVE_INFINITY, firstAnswerAt: undefined, lastSentAt: undefined };
      this.#contacts.set(key, [contact]);
    }
    if (answered) contact.firstAnswerAt ??= endedAt;
    if (sentAt >= contact.since) contact.lastSentAt = Math.max(contact.lastSentAt ?? sentAt, sentAt);
  }
}

function keysOf({ address, also = [], name }: Wanted): string[] {
  const addresses = [address, ...also].flatMap((one) => [one, canonicalAddress(one)]);
  return [...new Set([...addresses, ...(name === undefined ? [] : [name])])];
}
