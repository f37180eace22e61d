import type { LocalityLoad } from '@evenkeel/xds';

/** What a report says of calls to one pod, as far as it is plausible. */
export interface PodReport {
  /** The pod's slot. */
  readonly slot: number;
  /** Undefined where the client does not count calls that begin. */
  readonly issued: number | undefined;
  readonly succeeded: number;
  readonly failed: number;
  readonly inProgress: number;
}

/** Calls to the pod of a slot, as a client reports them. */
export function podReport(slot: number, load: LocalityLoad, isIssuedCounted: boolean): PodReport {
  return {
    slot,
    issued: isIssuedCounted ? Math.min(load.issued, mostCalls) : undefined,
    succeeded: Math.min(load.succeeded, mostCalls),
    failed: Math.min(load.failed, mostCalls),
    inProgress: Math.min(load.inProgress, mostCalls),
  };
}

/** What a client says of a pod by most of its calls; `doubted`: it is bad, and so may the client be. */
export type Opinion = 'good' | 'bad' | 'doubted';

/** As numbers; 0 is none. */
const opinions: readonly (Opinion | undefined)[] = [undefined, 'good', 'bad', 'doubted'];

/** A pod that has not answered since. */
interface Unanswered {
  /** When the first of its calls began, as far as that can be known; undefined: it answers again. */
  since: number | undefined;
  /** Calls since then that were not counted as bad yet. */
  waiting: number;
  inProgress: number;
  /** Calls that failed by the last report. */
  failed: number;
  /** Calls that were counted as bad already, and will be reported as failed as well. */
  owed: number;
}

/** Whether so much that is well beside so much that is not is a client, or a Service, that does well on the whole. */
export function isWellOnTheWhole(well: number, bad: number): boolean {
  return well >= 1 && well * 2 >= bad;
}

/** Silence has to last so many times as long as calls take elsewhere: a pod that is ten times as slow does answer. */
const timesAsLong = 10;
/** How much of what is known about durations is kept from one report to the next. */
const kept = 0.8;
/** More calls than this to a pod in an interval are no more than this; and 32 bits hold it exactly. */
const mostCalls = 2 ** 24;
/** What a word takes: beside its pods, for each pod, and for each that does not answer. */
const wordBytes = 1_024;
const cellBytes = 12;
const unansweredBytes = 160;
/** Half of what was heard longer ago than the last report is forgotten after this, milliseconds. */
const memoryHalfLifeMs = 10_000;

/**
 * What one client last said about the pods of one Service port, and the little that has to be remembered from one report to
 * the next. Arrays by slot of the pod, since there is one for each client.
 */
export class LastWord {
  at = Number.NEGATIVE_INFINITY;
  intervalMs = 0;
  #goodSum = 0;
  #badSum = 0;
  /** Pods that were called, and that most calls to were good. */
  #calledPods = 0;
  #wellPods = 0;
  /** Calls to the latter, and those that failed or are under way. */
  #wellCalls = 0;
  #wellBad = 0;
  #good = new Float32Array(0);
  #bad = new Float32Array(0);
  /** What it last said of each pod and when: tenths of a second, times four, and the opinion. */
  #opinions = new Int32Array(0);
  /** Of all pods that are there: what the arrays hold. */
  #heldGood = 0;
  #heldBad = 0;
  /** Bad calls that were counted in a report before. */
  readonly #repeated = new Map<number, number>();
  readonly #unanswered = new Map<number, Unanswered>();
  #inFlightMs = 0;
  #ended = 0;
  #usualMs = 0;
  #memoryGood = 0;
  #memoryBad = 0;

  /** Takes a report; what the one before said of pods is forgotten. */
  hear(reports: readonly PodReport[], capacity: number, intervalMs: number, now: number): void {
    this.#remember(now);
    this.at = now;
    this.intervalMs = intervalMs;
    if (this.#good.length < capacity) {
      this.#good = new Float32Array(capacity);
      this.#bad = new Float32Array(capacity);
      const before = this.#opinions;
      this.#opinions = new Int32Array(capacity);
      this.#opinions.set(before);
    } else {
      this.#good.fill(0);
      this.#bad.fill(0);
    }
    this.#repeated.clear();
    this.#heldGood = this.#heldBad = 0;
    this.#goodSum = this.#badSum = this.#calledPods = this.#wellPods = this.#wellCalls = this.#wellBad = 0;
    this.#inFlightMs *= kept;
    this.#ended *= kept;
    let [inFlightMs, ended] = [0, 0];
    for (const { succeeded, failed, inProgress } of reports) {
      if (succeeded === 0) continue;
      inFlightMs += inProgress * intervalMs;
      ended += succeeded + failed;
    }
    this.#inFlightMs += inFlightMs;
    this.#ended += ended;
    // Where all pods become slow at once, what was usual is not.
    this.#usualMs = Math.max(meanOf(inFlightMs, ended), meanOf(this.#inFlightMs, this.#ended));
    for (const report of reports) this.#hearOf(report, now);
    const at = tenths(now) * 4;
    for (const { slot } of reports) {
      const opinion = this.#opinionNow(slot);
      if (opinion !== undefined) this.#opinions[slot] = at + opinions.indexOf(opinion);
    }
  }

  /** What it last said of a pod, unless that was before `since`. */
  opinion(slot: number, since: number): Opinion | undefined {
    const said = this.#opinions[slot] ?? 0;
    return said / 4 >= tenths(since) ? opinions[said % 4] : undefined;
  }

  /** What it takes, with what it remembers of each pod that does not answer; bytes, rather too many. */
  get heldBytes(): number {
    return wordBytes + this.#good.length * cellBytes + (this.#unanswered.size + this.#repeated.size) * unansweredBytes;
  }

  /** Calls to all pods, without some of them: those that ended well, and those that failed or are not answered. */
  without(slots: readonly number[]): { readonly good: number; readonly bad: number } {
    return {
      good: slots.reduce((rest, slot) => rest - this.good(slot), this.#heldGood),
      bad: slots.reduce((rest, slot) => rest - this.bad(slot), this.#heldBad),
    };
  }

  /** Calls to a pod that ended well. */
  good(slot: number): number {
    return this.#good[slot] ?? 0;
  }

  /** Calls to a pod that failed, or that are not answered. */
  bad(slot: number): number {
    return this.#bad[slot] ?? 0;
  }

  /** The same, without what was counted before as not answered. */
  newlyBad(slot: number): number {
    return Math.max(0, this.bad(slot) - (this.#repeated.get(slot) ?? 0));
  }

  /** Whether none of the calls to a pod is answered. */
  isSilent(slot: number): boolean {
    const found = this.#unanswered.get(slot);
    return found?.since !== undefined && found.inProgress > found.failed;
  }

  /** Calls to the other pods that do well, and those of them that failed or are under way: what is usual. */
  elsewhere(slot: number): { readonly calls: number; readonly bad: number } {
    const isWell = this.#isWell(slot);
    return {
      calls: Math.max(0, this.#wellCalls - (isWell ? this.good(slot) + this.bad(slot) : 0)),
      bad: Math.max(0, this.#wellBad - (isWell ? this.bad(slot) : 0)),
    };
  }

  /**
   * Whether the client does well with the other pods: `now` by its last report, `before` where that has no call to any other
   * one and it did well lately. Where it does not, the client may be what is wrong.
   */
  doesWellElsewhere(slot: number): 'now' | 'before' | undefined {
    const well = this.#wellPods - (this.#isWell(slot) ? 1 : 0);
    // It is asked only of a pod that was called.
    const others = this.#calledPods - 1;
    if (others > 0) return isWellOnTheWhole(well, others - well) ? 'now' : undefined;
    return isWellOnTheWhole(this.#memoryGood, this.#memoryBad) ? 'before' : undefined;
  }

  #opinionNow(slot: number): Opinion | undefined {
    const [good, bad] = [this.good(slot), this.bad(slot)];
    if (bad <= good) return good > 0 ? 'good' : undefined;
    const well = this.doesWellElsewhere(slot);
    return well && (well === 'now' ? 'bad' : 'doubted');
  }

  #isWell(slot: number): boolean {
    return this.good(slot) > this.bad(slot);
  }

  /** The pod is gone, and its slot will be another one's. */
  forget(slot: number): void {
    this.#heldGood -= this.good(slot);
    this.#heldBad -= this.bad(slot);
    if (slot < this.#good.length) this.#good[slot] = this.#bad[slot] = this.#opinions[slot] = 0;
    this.#unanswered.delete(slot);
    this.#repeated.delete(slot);
  }

  #hearOf({ slot, issued, succeeded, failed, inProgress }: PodReport, now: number): void {
    const before = this.#unanswered.get(slot);
    if (before !== undefined) {
      this.#repeated.set(slot, Math.min(before.owed, failed));
      before.owed = inProgress === 0 ? 0 : Math.max(0, before.owed - failed);
      before.failed = failed;
    }
    // A deadline or a cancel ends a call too, so that what fails is no answer.
    const isSilent = succeeded === 0 && inProgress > 0;
    const bad = failed + (isSilent ? this.#unansweredNow(slot, issued, inProgress, now) : 0);
    if (!isSilent && before !== undefined) {
      before.since = undefined;
      if (before.owed === 0) this.#unanswered.delete(slot);
    }
    this.#good[slot]! += succeeded;
    this.#bad[slot]! += bad;
    this.#heldGood += succeeded;
    this.#heldBad += bad;
    this.#goodSum += succeeded;
    this.#badSum += bad;
    if (succeeded + failed + inProgress > 0) this.#calledPods += 1;
    if (succeeded <= bad) return;
    this.#wellPods += 1;
    this.#wellCalls += succeeded + bad + inProgress;
    this.#wellBad += bad + inProgress;
  }

  /** How many calls to a silent pod are counted as bad now. */
  #unansweredNow(slot: number, issued: number | undefined, inProgress: number, now: number): number {
    const known = this.#unanswered.get(slot);
    const isNew = known?.since === undefined;
    const began = issued ?? (isNew ? 0 : Math.max(0, inProgress - known.inProgress));
    const silence = known ?? { since: undefined, waiting: 0, inProgress, failed: 0, owed: 0 };
    // Of n calls that began at any moment of it, the first began so long ago on average.
    if (isNew) {
      silence.since = now - this.intervalMs * (began / (began + 1));
      silence.waiting = 0;
    }
    silence.waiting += began;
    silence.inProgress = inProgress;
    this.#unanswered.set(slot, silence);
    if (now - silence.since! <= timesAsLong * this.#usualMs || silence.since === now) return 0;
    const counted = silence.waiting;
    silence.owed += counted;
    silence.waiting = 0;
    return counted;
  }

  #remember(now: number): void {
    const factor = this.at === Number.NEGATIVE_INFINITY ? 0 : 0.5 ** ((now - this.at) / memoryHalfLifeMs);
    this.#memoryGood = (this.#memoryGood + this.#goodSum) * factor;
    this.#memoryBad = (this.#memoryBad + this.#badSum) * factor;
  }
}

function tenths(ms: number): number {
  return Math.floor(ms / 100);
}

function meanOf(inFlightMs: number, ended: number): number {
  return ended === 0 ? 0 : inFlightMs / ended;
}
