import { unlessAborted } from '../../base/shutdown.ts';
import { machine } from '../../environments/machine.ts';
import type { Fixture } from '../../probe/fixture.ts';
import type { Progress } from '../../probe/index.ts';
import { callersOf, type GoChoice } from './clients.ts';
import { concludeChange } from './conclude.ts';
import { observeOnce, rowOfError } from './observe.ts';
import type { ChangeOptions } from './options.ts';
import type { ChangeKind, ChangeReport, ExperimentRow } from './report.ts';
import type { Variant } from './variants.ts';

/** Where the pods are: a lab, or a cluster as seen from a pod in it. */
export interface Place {
  readonly environment: ChangeReport['conditions']['environment'];
  readonly versions: Readonly<Record<string, string>>;
  readonly clientDnsMs: number;
  readonly goClient: GoChoice;
  /** All pods are as the variant says when it resolves. */
  prepare(variant: Variant): Promise<void>;
  /** For one change; closed after it. */
  open(): { readonly fixture: Fixture; close(): void };
}

/** How many pods there are before and after. */
export function ends(kind: ChangeKind, { proof }: ChangeOptions): readonly [from: number, to: number] {
  if (kind === 'rolling-update') return [proof.replicas, proof.replicas];
  return kind === 'scale-out' ? [proof.replicas, proof.scaleTo] : [proof.scaleTo, proof.replicas];
}

/**
 * Changes the pods under constant calls, once or once a variant.
 *
 * @param signal - ends it early, with the rows that are known by then; rejects where there are none
 */
export async function measureAll(
  kind: ChangeKind,
  place: Place,
  options: ChangeOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<ChangeReport> {
  const startedAt = new Date();
  const { proof, endpointDelayMs } = options;
  const [from, to] = ends(kind, options);
  const rows: ExperimentRow[] = [];
  try {
    for await (const more of rowsOf(kind, place, options, progress, signal)) rows.push(...more);
  } catch (thrown) {
    if (!signal.aborted || rows.length === 0) throw thrown;
  }
  const { environment, versions, clientDnsMs } = place;
  return {
    schemaVersion: 1,
    kind,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    conditions: {
      ...{ versions: { ...versions }, machine: machine(), environment, seed: proof.seed, from, to },
      ...{ endpointDelayMs, clientDnsMs, ratePerSecond: proof.scaleRatePerSecond, deadlineMs: proof.deadlineMs },
    },
    rows,
    interrupted: signal.aborted,
    conclusion: concludeChange(kind, rows, signal.aborted),
  };
}

async function* rowsOf(
  kind: ChangeKind,
  place: Place,
  { proof, clients, variants }: ChangeOptions,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<ExperimentRow[]> {
  const callers = callersOf(proof.schemes, clients);
  for (const variant of variants.length === 0 ? [undefined] : variants) {
    const name = variant?.name ?? null;
    try {
      progress.step(name === null ? kind : `${kind}: ${name}`);
      if (variant !== undefined) await unlessAborted(place.prepare(variant), signal);
      const { fixture, close } = place.open();
      try {
        const retries = variant?.retries === true;
        const wanted = { kind, callers, goClient: place.goClient, variant: name, retries, options: proof };
        yield await unlessAborted(observeOnce(fixture, wanted, progress, signal), signal);
      } finally {
        close();
      }
    } catch (thrown) {
      // What the other variants say stays true.
      if (signal.aborted || variant === undefined) throw thrown;
      yield callers.map((caller) => rowOfError(caller, variant.name, thrown));
    }
  }
}
