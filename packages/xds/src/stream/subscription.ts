import { appended } from '../appended.ts';
import type { ResourceView } from '../cache/view.ts';
import { type EncodedResource, sameResource } from '../resource.ts';
import { isFullSetType } from '../type-urls.ts';
import { HeldResources } from './held-resources.ts';
import { each, type Step } from './in-pieces.ts';
import { PendingNames } from './pending-names.ts';

/** The name that stands for all resources of a type (xds_protocol, "How the client specifies what resources to return"). */
export const wildcardName = '*';

/** Is told of every name (and {@link wildcardName}) that a subscription begins or ceases to care for. */
export interface InterestSink {
  add(typeUrl: string, name: string): void;
  delete(typeUrl: string, name: string): void;
}

/** Is told where something may have to be sent, so that not every subscription has to be asked after every acknowledgement. */
export interface PendingSink {
  mayHavePending: boolean;
}

/** What has to be sent; everything in it counts as held from now on. */
export interface Update {
  readonly resources: readonly EncodedResource[];
  /** Names that the client holds or asked for and that are not there. */
  readonly removed: readonly string[];
  /** A request waits for this answer, even if it is empty. */
  readonly answer: boolean;
}

const nothing: readonly never[] = [];

/** What a client asks for in one type on one stream, and what it has of it. The same for state of the world and delta. */
export class Subscription {
  readonly typeUrl: string;
  /** Names asked for; {@link wildcardName} is not among them. */
  readonly names = new Set<string>();
  readonly held = new HeldResources();
  /** The list of the last state-of-the-world request. */
  lastNames: readonly string[] | undefined;
  readonly #interest: InterestSink;
  readonly #sink: PendingSink;
  readonly #pending = new PendingNames();
  /** What the client has from an earlier stream, as far as it was undecided then; undefined: nothing. */
  #kept: 'all' | Set<string> | undefined;
  #wildcard = false;
  /** "Once the client does explicitly subscribe to a resource name, this legacy semantic is no longer available." */
  #everNamed = false;
  #answerDue = false;
  #nameBytes = 0;

  constructor(typeUrl: string, interest: InterestSink, sink: PendingSink) {
    this.typeUrl = typeUrl;
    this.#interest = interest;
    this.#sink = sink;
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  /** Whether the client has ever named something, or {@link wildcardName}, in this type on this stream. */
  get everNamed(): boolean {
    return this.#everNamed;
  }

  /** Whether a request waits for its answer, even if there is nothing to put into it. */
  get answerDue(): boolean {
    return this.#answerDue;
  }

  /** Whether there is something to look at. It may turn out that nothing of it has to be sent. */
  get hasPending(): boolean {
    return this.#answerDue || this.#pending.size > 0;
  }

  /** Bytes of all names. */
  get nameBytes(): number {
    return this.#nameBytes;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Whether a name is to be looked at before the next response. */
  isPending(name: string): boolean {
    return this.#pending.has(name);
  }

  /**
   * Adds a name. It is sent even if the client should have it: "the server must resend any newly requested resources,
   * even if it previously sent those resources".
   */
  subscribe(name: string, view: ResourceView): void {
    this.named();
    if (name === wildcardName) {
      this.subscribeToAll(view);
      return;
    }
    if (!this.names.has(name)) {
      this.names.add(name);
      this.#nameBytes += Buffer.byteLength(name);
      this.#interest.add(this.typeUrl, name);
    }
    this.#await(name, true);
    this.#answerDue = true;
  }

  /** Something was named, even if it was known. */
  named(): void {
    this.#everNamed = true;
  }

  /** Adds everything; also what an empty first request means. */
  subscribeToAll(view: ResourceView): void {
    if (!this.#wildcard) this.#interest.add(this.typeUrl, wildcardName);
    this.#wildcard = true;
    this.#answerDue = true;
    this.#sink.mayHavePending = true;
    for (const name of view.wildcardNames(this.typeUrl)) this.#await(name, true);
  }

  /** Takes a name away; what the client then holds of it is its own affair, unless the wildcard still includes it. */
  unsubscribe(name: string, view: ResourceView): void {
    if (!this.names.delete(name)) return;
    this.#nameBytes -= Buffer.byteLength(name);
    this.#interest.delete(this.typeUrl, name);
    if (this.#wildcard && view.getByWildcard(this.typeUrl, name) !== undefined) return;
    this.held.delete(name);
    this.#pending.delete(name);
  }

  /** Takes the wildcard away; what is named stays. */
  unsubscribeFromAll(): void {
    if (!this.#wildcard) return;
    this.#wildcard = false;
    this.#interest.delete(this.typeUrl, wildcardName);
    for (const name of [...this.held.names()]) if (!this.names.has(name)) this.held.delete(name);
    for (const name of this.#pending.names()) if (!this.names.has(name)) this.#pending.delete(name);
  }

  /** A resource has changed, come or gone. */
  changed(name: string): void {
    if (!this.#pending.has(name)) this.#await(name, false);
  }

  /** Sends a name at the next opportunity even if it did not change, or says that it is not there. */
  resend(name: string): void {
    this.#await(name, true);
  }

  /** As {@link resend}, since the client asked. */
  answer(name: string): void {
    this.#await(name, true);
    this.#answerDue = true;
  }

  /** The client has something of this type from an earlier stream, and does not say what (state of the world). */
  keepAll(): void {
    this.#kept = 'all';
  }

  /** The client says that it still has this version of a name from an earlier stream (delta). */
  resume(name: string, version: string, view: ResourceView): void {
    const current = this.#current(name, view);
    if (view.isUndecided?.(this.typeUrl, name) === true && this.#kept !== 'all') {
      this.#kept ??= new Set();
      this.#kept.add(name);
    }
    if (current?.version === version) {
      this.held.set(current);
      this.#pending.delete(name);
    } else if (this.names.has(name) || this.#wildcard) this.#await(name, true);
  }

  /** Ends without an answer the one that is due, where nothing is left to be said. */
  settleIfNothingPending(): void {
    if (this.#pending.size === 0) this.#answerDue = false;
  }

  /**
   * Takes what has to be sent; undefined where nothing has, or where it is undecided whether the client has to lose something.
   *
   * @param mayRemove - false: what the client holds and what has gone is left for later, unless it has just asked for it
   * @param maxBytes - what goes beyond it is left for the next response; one resource is always taken
   */
  take(view: ResourceView, mayRemove: () => boolean, maxBytes: number): Update | undefined {
    let resources: EncodedResource[] | undefined;
    let removed: string[] | undefined;
    let bytes = 0;
    let removable: boolean | undefined;
    let withheld = false;
    if (this.#kept === 'all' && isFullSetType(this.typeUrl) && this.#hasUndecided(view)) return undefined;
    for (const [name, wanted] of this.#pending.entries()) {
      if (this.#keeps(name) && view.isUndecided?.(this.typeUrl, name) === true) {
        withheld = true;
        continue;
      }
      const current = this.#current(name, view);
      const held = this.held.get(name);
      if (current === undefined) {
        if (!wanted && held !== undefined) {
          removable ??= mayRemove();
          if (!removable) continue;
        }
        if (wanted || held !== undefined) removed = appended(removed, name);
        this.held.delete(name);
      } else if (wanted || !sameResource(current, held)) {
        bytes += current.deltaField.length;
        if (resources !== undefined && bytes > maxBytes) break;
        resources = appended(resources, current);
        this.held.set(current);
      }
      this.#pending.delete(name);
    }
    if (withheld && resources === undefined && removed === undefined) return undefined;
    const answer = this.#answerDue;
    this.#answerDue = false;
    if (!answer && resources === undefined && removed === undefined) return undefined;
    return { resources: resources ?? nothing, removed: removed ?? nothing, answer };
  }

  /** Withdraws all interest, name by name. */
  close(): Step {
    if (this.#wildcard) this.#interest.delete(this.typeUrl, wildcardName);
    return each(this.names, (name) => this.#interest.delete(this.typeUrl, name));
  }

  /** @param wanted - to be sent even if the client has it already */
  #await(name: string, wanted: boolean): void {
    this.#pending.set(name, wanted);
    this.#sink.mayHavePending = true;
  }

  #keeps(name: string): boolean {
    return this.#kept === 'all' || this.#kept?.has(name) === true;
  }

  /** A response has to have all listeners, or clusters: what is missing in it is gone. */
  #hasUndecided(view: ResourceView): boolean {
    const { typeUrl } = this;
    const undecided = (name: string): boolean => view.isUndecided?.(typeUrl, name) === true;
    return (this.#wildcard && undecided(wildcardName)) || [...this.names].some(undecided);
  }

  #current(name: string, view: ResourceView): EncodedResource | undefined {
    if (this.names.has(name)) return view.get(this.typeUrl, name);
    return this.#wildcard ? view.getByWildcard(this.typeUrl, name) : undefined;
  }
}
