import type { LocalityLoad } from '@evenkeel/xds';
import { type EjectionSettings, mostEjected } from '../model/ejection-settings.ts';
import {
  type CallEvidence,
  type Evidence,
  isMostlyBad,
  isSick,
  noCalls,
  type Votes,
  withoutDoubt,
} from './evidence.ts';
import { isWellOnTheWhole, LastWord, type PodReport, podReport } from './last-word.ts';
import { Suspicion } from './suspicion.ts';

/** A pod that clients are not sent to, because of what they reported. */
export interface Ejected {
  /** Milliseconds of the clock. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Whether it failed, or did not answer at all. */
  readonly kind: 'failing' | 'silent';
  /** One sentence. */
  readonly why: string;
  /** How often it has been ejected in a row, this time included. */
  readonly times: number;
}

/** A pod that may be called: its address, and what tells it from another one that had the address before. */
export interface Candidate {
  readonly address: string;
  readonly pod?: string | undefined;
}

export interface EjectionChange {
  readonly address: string;
  /** Undefined: it is back. */
  readonly ejected: Ejected | undefined;
  /** Why it is back; empty otherwise. */
  readonly why: string;
  /** Its pod is gone: what has the address now, if anything, is another one. Default: false. */
  readonly isGone?: boolean | undefined;
}

interface Pod {
  readonly candidate: Candidate;
  readonly slot: number;
  /** Before this it is not judged: it has just come. */
  readonly judgedFromMs: number;
  suspicion: Suspicion | undefined;
  ejected: Ejected | undefined;
  /** How often it was ejected in a row, and when it came back. */
  times: number;
  backAt: number;
}

/** A pod that has just come may be slow to answer its first calls. */
const graceMs = 5_000;
/** A client's word counts until so many of its intervals later, and some time for its way. */
const wordIntervals = 1.5;
const wordSlackMs = 500;
/** Clients times pods that one look goes through, so that it holds nobody up; the rest is for the next one. */
const cellsPerLook = 100_000;
/** Where as large a share of the calls to what is left fails, nothing is gained by leaving the others out. */
const hopeless = 0.95;

/** A client that reports, as far as its word counts. */
export interface Witness {
  /** Unique. */
  readonly client: number;
  /** Whose voice it is: where it connects from. Clients of one address have one voice together. */
  readonly from: string;
  /** How often it was asked to report. */
  readonly askedMs: number;
  /** The time that this report is of. */
  readonly intervalMs: number;
  readonly isIssuedCounted: boolean;
}

const notWanted = 'its Service is not to have pods ejected';

/** Which pods of one Service port are ejected, by what its clients last reported. No timer and no socket. */
export class PortEjection {
  settings: EjectionSettings | undefined;
  readonly #pods = new Map<string, Pod>();
  readonly #words = new Map<number, LastWord>();
  /** The same words, by whose voice they are. */
  readonly #voices = new Map<string, Map<number, LastWord>>();
  readonly #freeSlots: number[] = [];
  #capacity = 0;
  #judgedFromMs: number | undefined;
  /** How many of the pods that somebody calls bad the last looks have gone through. */
  #lookedAt = 0;

  constructor(settings: EjectionSettings | undefined) {
    this.settings = settings;
  }

  /** Cells that are held: clients times pods. */
  get cells(): number {
    return this.#words.size * this.#capacity;
  }

  /** Whether there are pods that the last look did not come to. */
  get isUnfinished(): boolean {
    return this.#lookedAt > 0;
  }

  /** Why a pod is out; undefined: it is not. */
  ejected(address: string): Ejected | undefined {
    return this.#pods.get(address)?.ejected;
  }

  /** When the first of those that are out is to come back; undefined: none is out. */
  get nextReturnMs(): number | undefined {
    const times = [...this.#pods.values()].flatMap(({ ejected }) => ejected?.untilMs ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** The pods that may be called are these now, those that are ejected included. */
  update(candidates: readonly Candidate[], settings: EjectionSettings | undefined, now: number): EjectionChange[] {
    this.settings = settings;
    const isFirst = this.#pods.size === 0;
    const present = new Map(candidates.map((candidate) => [candidate.address, candidate]));
    const gone: EjectionChange[] = [];
    for (const [address, { candidate, slot, ejected }] of this.#pods) {
      const same = present.get(address);
      if (same !== undefined && same.pod === candidate.pod) continue;
      this.#pods.delete(address);
      if (ejected !== undefined) gone.push({ address, ejected: undefined, why: 'its pod is gone', isGone: true });
      this.#freeSlots.push(slot);
      for (const word of this.#words.values()) word.forget(slot);
    }
    for (const candidate of candidates) {
      if (this.#pods.has(candidate.address)) continue;
      this.#pods.set(candidate.address, {
        ...{ candidate, slot: this.#takeSlot() },
        judgedFromMs: isFirst ? Number.NEGATIVE_INFINITY : now + graceMs,
        ...{ suspicion: undefined, ejected: undefined, times: 0, backAt: Number.NEGATIVE_INFINITY },
      });
    }
    return [...gone, ...this.#keepWithinShare(now)];
  }

  /** Whether a client has reported about any of the pods. */
  hears(client: number): boolean {
    return this.#words.has(client);
  }

  /** Bytes that are held of what a client reported. */
  heldBytes(client: number): number {
    return this.#words.get(client)?.heldBytes ?? 0;
  }

  /** Clients that have reported about any of the pods. */
  get heard(): Iterable<number> {
    return this.#words.keys();
  }

  /** How many cells one more client takes. */
  get cellsPerClient(): number {
    return this.#capacity;
  }

  /** A client's report. Says whether it is worth a look: some pod does badly by it, or answers again. */
  hear(witness: Witness, localities: readonly LocalityLoad[], now: number): boolean {
    const pods: Pod[] = [];
    const reports: PodReport[] = [];
    for (const load of localities) {
      const pod = this.#pods.get(load.locality.subZone);
      if (pod === undefined) continue;
      pods.push(pod);
      reports.push(podReport(pod.slot, load, witness.isIssuedCounted));
    }
    const word = this.#words.get(witness.client) ?? (pods.length === 0 ? undefined : this.#wordOf(witness, now));
    if (word === undefined) return false;
    word.hear(reports, this.#capacity, witness.intervalMs, now);
    let isWorthALook = false;
    for (const pod of pods) {
      const { slot } = pod;
      const bad = word.bad(slot);
      if (pod.ejected !== undefined) isWorthALook ||= pod.ejected.kind === 'silent' && word.good(slot) > bad;
      else if (bad > 0 || pod.suspicion !== undefined) {
        const said = noCalls();
        addWord(said, word, slot, word.newlyBad(slot));
        if (said.bad + said.doubted > 0) pod.suspicion ??= new Suspicion();
        pod.suspicion?.add(said, now);
        isWorthALook ||= bad > 0;
      }
    }
    return isWorthALook;
  }

  #wordOf({ client, from, askedMs }: Witness, now: number): LastWord {
    const word = new LastWord();
    // The first that is heard does not decide alone: the others have not had their turn.
    this.#judgedFromMs ??= now + 2 * askedMs;
    this.#words.set(client, word);
    const voice = this.#voices.get(from) ?? new Map<number, LastWord>();
    this.#voices.set(from, voice.set(client, word));
    return word;
  }

  /** A client reports no more. */
  leave(client: number, from: string): void {
    this.#words.delete(client);
    const voice = this.#voices.get(from);
    voice?.delete(client);
    if (voice?.size === 0) this.#voices.delete(from);
  }

  /** Decides, by everything that was heard. */
  evaluate(now: number): EjectionChange[] {
    const { settings } = this;
    const changes: EjectionChange[] = [];
    const out = this.#out;
    const from = this.#lookedAt;
    this.#lookedAt = 0;
    if (settings === undefined) return out.map((pod) => this.#release(pod, now, notWanted));
    if (now < (this.#judgedFromMs ?? now)) return [];
    for (const pod of out) {
      if (now >= pod.ejected!.untilMs) changes.push(this.#release(pod, now, 'its time is over'));
      else if (this.#isAnswering(pod, now)) {
        changes.push(this.#release(pod, now, 'it answers calls that it was thought to have lost'));
      }
    }
    if (this.#out.length > 0 && this.#isHopeless(settings, now)) {
      for (const pod of this.#out) changes.push(this.#release(pod, now, 'calls to the other pods fail as well'));
      return changes;
    }
    const sick = this.#suspected(settings, from, now).sort((a, b) => b.evidence.calls.bad - a.evidence.calls.bad);
    for (const { pod, evidence } of sick) {
      if (this.#out.length >= mostEjected(this.#pods.size, settings)) break;
      changes.push(this.#eject(pod, evidence, settings, now));
    }
    return changes;
  }

  get #out(): Pod[] {
    return [...this.#pods.values()].filter(({ ejected }) => ejected !== undefined);
  }

  /** Pods that are to be ejected, and why. */
  #suspected(
    settings: EjectionSettings,
    from: number,
    now: number,
  ): { readonly pod: Pod; readonly evidence: Evidence }[] {
    const left = [...this.#pods.values()].filter(({ ejected }) => ejected === undefined);
    const suspected = left.flatMap((pod) => {
      const earlier = pod.suspicion?.sum(now);
      if (earlier === undefined) pod.suspicion = undefined;
      return earlier === undefined ? [] : [{ pod, earlier, isMostlyBad: isMostlyBad(earlier.calls) }];
    });
    const bad = suspected.filter((one) => one.isMostlyBad).length;
    const most = Math.max(1, Math.floor(cellsPerLook / (this.#words.size + 1)));
    const turn = suspected.slice(from, from + most);
    if (from + most < suspected.length) this.#lookedAt = from + most;
    return turn.flatMap(({ pod, earlier, isMostlyBad }) => {
      if (now < pod.judgedFromMs) return [];
      const isOnTrial = now - pod.backAt < settings.baseMs;
      // Whether most of the other pods do well, by all that was heard lately.
      const badOthers = bad - (isMostlyBad ? 1 : 0);
      const isRestWell = isWellOnTheWhole(left.length - 1 - badOthers, badOthers);
      const evidence = [() => this.#latest(pod, now), () => this.#since(pod, earlier, now)]
        .map((found) => (isRestWell ? withoutDoubt(found()) : found()))
        .find((found) => isSick(found, settings, isOnTrial));
      return evidence === undefined ? [] : [{ pod, evidence }];
    });
  }

  /** What all clients last said of a pod. */
  #latest({ slot }: Pod, now: number): Evidence {
    const calls = noCalls();
    for (const word of this.#words.values()) {
      if (isCurrent(word, now)) addWord(calls, word, slot, word.bad(slot));
    }
    const votes = this.#votes(slot, (word) => (isCurrent(word, now) ? word.at : Number.POSITIVE_INFINITY));
    return { calls, votes };
  }

  /** What was said of it since it was first called bad; who called it good just before counts. */
  #since({ slot }: Pod, { since, calls }: { since: number; calls: CallEvidence }, now: number): Evidence {
    return { calls, votes: this.#votes(slot, (word) => Math.min(since, now) - lifeOf(word)) };
  }

  /** Who says what of a pod, one voice an address: that of most of its clients. */
  #votes(slot: number, sinceOf: (word: LastWord) => number): Votes {
    const votes = { good: 0, bad: 0, doubted: 0 };
    for (const words of this.#voices.values()) {
      const own = { good: 0, bad: 0, doubted: 0 };
      for (const word of words.values()) {
        const opinion = word.opinion(slot, sinceOf(word));
        if (opinion !== undefined) own[opinion] += 1;
      }
      if (own.bad > own.good) votes.bad += 1;
      else if (own.bad + own.doubted > own.good) votes.doubted += 1;
      else if (own.good > 0) votes.good += 1;
    }
    return votes;
  }

  /** Whether a pod that answered nobody does answer those that waited: more of them than those that wait still. */
  #isAnswering({ slot, ejected }: Pod, now: number): boolean {
    if (ejected?.kind !== 'silent') return false;
    let [answered, waiting] = [0, 0];
    for (const words of this.#voices.values()) {
      let balance = 0;
      for (const word of words.values()) {
        if (!isCurrent(word, now)) continue;
        if (word.isSilent(slot)) balance -= 1;
        else if (word.at - word.intervalMs > ejected.sinceMs && word.good(slot) > word.bad(slot)) balance += 1;
      }
      if (balance > 0) answered += 1;
      else if (balance < 0) waiting += 1;
    }
    return answered > waiting;
  }

  /** Whether all pods that are left fail for everybody: nearly all calls, and for more clients than not. */
  #isHopeless({ minCalls }: EjectionSettings, now: number): boolean {
    const out = this.#out.map(({ slot }) => slot);
    const isBad = (good: number, bad: number): boolean => bad > 0 && bad >= (bad + good) * hopeless;
    const all = { good: 0, bad: 0 };
    let balance = 0;
    for (const words of this.#voices.values()) {
      const own = { good: 0, bad: 0 };
      for (const word of words.values()) {
        // What a client says of the time before it was sent elsewhere says nothing of what is left.
        if (!isCurrent(word, now)) continue;
        const { good, bad } = word.without(out);
        own.good += good;
        own.bad += bad;
      }
      all.good += own.good;
      all.bad += own.bad;
      if (isBad(own.good, own.bad)) balance += 1;
      else if (own.good > 0) balance -= 1;
    }
    return balance > 0 && all.bad + all.good >= minCalls && isBad(all.good, all.bad);
  }

  #eject(pod: Pod, evidence: Evidence, settings: EjectionSettings, now: number): EjectionChange {
    // Each time that it stayed in for as long as it is out the first time counts off one (A50: the multiplier falls).
    const rested = pod.times === 0 ? 0 : Math.floor((now - pod.backAt) / settings.baseMs);
    pod.times = Math.max(0, pod.times - rested) + 1;
    const untilMs = now + Math.min(settings.maxMs, settings.baseMs * pod.times);
    const kind = this.#isSilent(pod, now) ? 'silent' : 'failing';
    pod.ejected = { sinceMs: now, untilMs, kind, why: sentence(kind, evidence), times: pod.times };
    pod.suspicion = undefined;
    return { address: pod.candidate.address, ejected: pod.ejected, why: '' };
  }

  /** Whether whoever calls it gets no answer at all. */
  #isSilent({ slot }: Pod, now: number): boolean {
    const bad = [...this.#words.values()].filter((word) => isCurrent(word, now) && word.bad(slot) > 0);
    return bad.length > 0 && bad.every((word) => word.isSilent(slot));
  }

  #release(pod: Pod, now: number, why: string): EjectionChange {
    pod.ejected = undefined;
    pod.suspicion = undefined;
    pod.backAt = now;
    // What was said of it before says nothing of what comes.
    for (const word of this.#words.values()) word.forget(pod.slot);
    return { address: pod.candidate.address, ejected: undefined, why };
  }

  /** Where pods went, those that are out may be too many of those that are left. */
  #keepWithinShare(now: number): EjectionChange[] {
    const { settings } = this;
    const out = this.#out.sort((a, b) => a.ejected!.sinceMs - b.ejected!.sinceMs);
    const most = settings === undefined ? 0 : mostEjected(this.#pods.size, settings);
    const why = settings === undefined ? notWanted : 'too few other pods are left';
    return out.slice(0, Math.max(0, out.length - most)).map((pod) => this.#release(pod, now, why));
  }

  #takeSlot(): number {
    const free = this.#freeSlots.pop();
    if (free !== undefined) return free;
    this.#capacity += 1;
    return this.#capacity - 1;
  }
}

/** How long a client's word counts. */
function lifeOf({ intervalMs }: LastWord): number {
  return intervalMs * wordIntervals + wordSlackMs;
}

function isCurrent(word: LastWord, now: number): boolean {
  return now - word.at <= lifeOf(word);
}

/** Adds what one client says of one pod. It is a witness against the pod only where it does well elsewhere. */
function addWord(sum: CallEvidence, word: LastWord, slot: number, bad: number): void {
  sum.good += word.good(slot);
  const well = bad > 0 ? word.doesWellElsewhere(slot) : undefined;
  if (well === undefined) return;
  const elsewhere = word.elsewhere(slot);
  sum[well === 'now' ? 'bad' : 'doubted'] += bad;
  sum.elsewhere += elsewhere.calls;
  sum.badElsewhere += elsewhere.bad;
}

function sentence(kind: Ejected['kind'], { calls, votes }: Evidence): string {
  const { good, bad, elsewhere, badElsewhere } = calls;
  const clients = votes.bad === 1 ? '1 client' : `${votes.bad} clients`;
  const what = kind === 'silent' ? `none of ${bad} calls was answered` : `${bad} of ${good + bad} calls failed`;
  const rest = elsewhere === 0 ? '' : `, ${Math.round((badElsewhere / elsewhere) * 100)} % of theirs to the other pods`;
  return `${what} (${clients}${rest})`;
}
