import type { PodRow } from '../../feed/rows.ts';
import type { Tone } from './service-list.ts';

/** A pod with what its bars are drawn from. */
export interface PodLine {
  readonly row: PodRow;
  readonly tone: Tone;
  /** Its state in a word or two. */
  readonly state: string;
  /** Why it stands out or gets no calls; empty: it does not. */
  readonly why: string;
}

/** What the bars of all pods are measured by. */
export interface PodScale {
  readonly calls: number;
  readonly failed: number;
  readonly inFlight: number;
  /** Calls of a pod where all get the same; undefined where nothing is reported. */
  readonly even: number | undefined;
}

const tones: readonly Tone[] = ['bad', 'warn', 'good', 'idle'];

/** Pods that stand out first, then by name. Pure. */
export function listPods(rows: readonly PodRow[]): PodLine[] {
  return rows
    .map(lineOf)
    .sort((a, b) => tones.indexOf(a.tone) - tones.indexOf(b.tone) || (titleOf(a.row) < titleOf(b.row) ? -1 : 1));
}

/** Its name, or its address where that is not known. */
export function titleOf({ pod, address }: PodRow): string {
  return pod ?? address;
}

function lineOf(row: PodRow): PodLine {
  const { load, state } = row;
  const ejected = load?.ejected ?? null;
  if (ejected !== null) return { row, tone: 'bad', state: 'ejected', why: ejected.why };
  const off = load?.off ?? null;
  if (off !== null) return { row, tone: 'bad', state: 'stands out', why: off };
  if (state === 'published') return { row, tone: load === null ? 'idle' : 'good', state: 'in use', why: '' };
  return {
    row,
    tone: ['not-ready', 'unhealthy', 'damped'].includes(state) ? 'warn' : 'idle',
    state: state.replaceAll('-', ' '),
    why: '',
  };
}

export function scaleOf(rows: readonly PodRow[]): PodScale {
  const used = rows.filter(({ state, load }) => state === 'published' && load !== null && load.ejected === null);
  const most = (of: (load: NonNullable<PodRow['load']>) => number): number =>
    rows.reduce((top, { load }) => Math.max(top, load === null ? 0 : of(load)), 0);
  const calls = used.reduce((sum, { load }) => sum + load!.calls, 0);
  return {
    calls: most((load) => load.calls),
    failed: most((load) => load.failed),
    inFlight: Math.max(
      1,
      most((load) => load.inFlight),
    ),
    even: used.length === 0 ? undefined : calls / used.length,
  };
}
