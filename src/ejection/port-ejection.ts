import type { LocalityLoad } from '@evenkeel/xds';
import { type EjectionSettings, mostEjected } from '../model/ejection-settings.ts';
import { addEvidence, type Evidence, isMostlyBad, isSick, noEvidence, withoutDoubt } from './evidence.ts';
import { isWellOnTheWhole, LastWord } from './last-word.ts';
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
/** Where as large a share of the calls to what is left fails, nothing is gained by leaving the others out. */
const hopeless = 0.95;

const notWanted = 'its Service is not to have pods ejected';

/** Which pods of one Service port are ejected, by what its clients last reported. No timer and no socket. */
export class PortEjection {
  settings: EjectionSettings | undefined;
  readonly #pods = new Map<string, Pod>();
  readonly #words = new Map<number, LastWord>();
  readonly #freeSlots: number[] = [];
  #capacity = 0;
  #judgedFromMs: number | undefined;

  constructor(settings: EjectionSettings | undefined) {
    this.settings = settings;
  }

  /** Cells that are held: clients times pods. */
  get cells(): number {
    return this.#words.size * this.#capacity;
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
      if (ejected !== undefined) gone.push({ address, ejected: undefined, why: 'its pod is gone' });
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

  /** How many cells one more client takes. */
  get cellsPerClient(): number {
    return this.#capacity;
  }

  /** A client's report. Says whether it is worth a look: some pod does badly by it. */
  hear(
    client: number,
    localities: readonly LocalityLoad[],
    { intervalMs, isIssuedCounted }: { readonly intervalMs: number; readonly isIssuedCounted: boolean },
    now: number,
  ): { readonly isBad: boolean; readonly changes: EjectionChange[] } {
    const heard: { readonly slot: number; readonly pod: Pod; readonly load: LocalityLoad }[] = [];
    for (const load of localities) {
      const pod = this.#pods.get(load.locality.subZone);
      if (pod !== undefined) heard.push({ slot: pod.slot, pod, load });
    }
    let word = this.#words.get(client);
    if (word === undefined) {
      if (heard.length === 0) return { isBad: false, changes: [] };
      word = new LastWord();
      // The first that is heard does not decide alone: the others have not had their turn.
      this.#judgedFromMs ??= now + 2 * intervalMs;
      this.#words.set(client, word);
    }
    word.hear(heard, this.#capacity, { intervalMs, isIssuedCounted }, now);
    let isBad = false;
    const changes: EjectionChange[] = [];
    for (const { pod, slot, load } of heard) {
      const bad = word.bad(slot);
      if (pod.ejected !== undefined) {
        const { kind, sinceMs } = pod.ejected;
        if (kind === 'silent' && load.succeeded > load.failed && now - intervalMs > sinceMs) {
          changes.push(this.#release(pod, now, 'it answers calls that it was thought to have lost'));
        }
      } else if (bad > 0 || pod.suspicion !== undefined) {
        const said = evidenceOf(word, slot, word.newlyBad(slot));
        if (said.bad + said.doubted > 0) pod.suspicion ??= new Suspicion();
        pod.suspicion?.add(said, now);
        isBad ||= bad > 0;
      }
    }
    return { isBad, changes };
  }

  /** A client reports no more. */
  leave(client: number): void {
    this.#words.delete(client);
  }

  /** Decides, by everything that was heard. */
  evaluate(now: number): EjectionChange[] {
    const { settings } = this;
    const changes: EjectionChange[] = [];
    const out = this.#out;
    if (settings === undefined) return out.map((pod) => this.#release(pod, now, notWanted));
    if (now < (this.#judgedFromMs ?? now)) return [];
    for (const pod of out) {
      if (now >= pod.ejected!.untilMs) changes.push(this.#release(pod, now, 'its time is over'));
    }
    if (this.#out.length > 0 && this.#isHopeless(settings, now)) {
      for (const pod of this.#out) changes.push(this.#release(pod, now, 'calls to the other pods fail as well'));
      return changes;
    }
    const sick = [...this.#pods.values()]
      .flatMap((pod) => this.#judge(pod, settings, now) ?? [])
      .sort((a, b) => b.evidence.bad - a.evidence.bad);
    for (const { pod, evidence } of sick) {
      if (this.#out.length >= mostEjected(this.#pods.size, settings)) break;
      changes.push(this.#eject(pod, evidence, settings, now));
    }
    return changes;
  }

  get #out(): Pod[] {
    return [...this.#pods.values()].filter(({ ejected }) => ejected !== undefined);
  }

  #judge(pod: Pod, settings: EjectionSettings, now: number): { pod: Pod; evidence: Evidence } | undefined {
    if (pod.suspicion === undefined || pod.ejected !== undefined || now < pod.judgedFromMs) return undefined;
    const earlier = pod.suspicion.sum(now);
    if (earlier === undefined) {
      pod.suspicion = undefined;
      return undefined;
    }
    const isOnTrial = now - pod.backAt < settings.baseMs;
    const isRestWell = this.#isRestWell(pod, now);
    const found = [this.#latest(pod, now), earlier]
      .map((evidence) => (isRestWell ? withoutDoubt(evidence) : evidence))
      .find((evidence) => isSick(evidence, settings, isOnTrial));
    return found && { pod, evidence: found };
  }

  /** What all clients last said of a pod. */
  #latest({ slot }: Pod, now: number): Evidence {
    let sum = noEvidence;
    for (const word of this.#words.values()) {
      if (isCurrent(word, now)) sum = addEvidence(sum, evidenceOf(word, slot, word.bad(slot)));
    }
    return sum;
  }

  /** Whether most of the other pods do well, by all that was heard lately. */
  #isRestWell(pod: Pod, now: number): boolean {
    const others = [...this.#pods.values()].filter((other) => other !== pod && other.ejected === undefined);
    const bad = others.filter(({ suspicion }) => {
      const sum = suspicion?.sum(now);
      return sum !== undefined && isMostlyBad(sum);
    });
    return isWellOnTheWhole(others.length - bad.length, bad.length);
  }

  /** Whether all pods that are left fail for everybody. */
  #isHopeless({ minCalls }: EjectionSettings, now: number): boolean {
    let [good, bad] = [0, 0];
    const left = [...this.#pods.values()].filter(({ ejected }) => ejected === undefined);
    for (const word of this.#words.values()) {
      // What a client says of the time before it was sent elsewhere says nothing of what is left.
      if (!isCurrent(word, now)) continue;
      for (const { slot } of left) {
        good += word.good(slot);
        bad += word.bad(slot);
      }
    }
    return bad + good >= minCalls && bad >= (bad + good) * hopeless;
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

function isCurrent({ at, intervalMs }: LastWord, now: number): boolean {
  return now - at <= intervalMs * wordIntervals + wordSlackMs;
}

/** What one client says of one pod. It is a witness against the pod only where it does well elsewhere. */
function evidenceOf(word: LastWord, slot: number, bad: number): Evidence {
  const good = word.good(slot);
  const well = bad > 0 ? word.doesWellElsewhere(slot) : undefined;
  const elsewhere = word.elsewhere(slot);
  const isMostly = bad > good ? 1 : 0;
  return {
    good,
    bad: well === 'now' ? bad : 0,
    goodClients: good > 0 && isMostly === 0 ? 1 : 0,
    badClients: well === 'now' ? isMostly : 0,
    doubted: well === 'before' ? bad : 0,
    doubtedClients: well === 'before' ? isMostly : 0,
    elsewhere: well === undefined ? 0 : elsewhere.calls,
    badElsewhere: well === undefined ? 0 : elsewhere.bad,
  };
}

function sentence(kind: Ejected['kind'], { good, bad, badClients, elsewhere, badElsewhere }: Evidence): string {
  const clients = badClients === 1 ? '1 client' : `${badClients} clients`;
  const what = kind === 'silent' ? `none of ${bad} calls was answered` : `${bad} of ${good + bad} calls failed`;
  const rest = elsewhere === 0 ? '' : `, ${Math.round((badElsewhere / elsewhere) * 100)} % of theirs to the other pods`;
  return `${what} (${clients}${rest})`;
}
