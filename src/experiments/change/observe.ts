import { randomUUID } from 'node:crypto';
import { toEvenkeelError } from '../../base/errors.ts';
import { toHundredths } from '../../base/hundredths.ts';
import type { ClientProcess } from '../../probe/client/client-process.ts';
import { withClients } from '../../probe/client/with-clients.ts';
import type { Fixture } from '../../probe/fixture.ts';
import { type Progress, type ProofOptions, schemes } from '../../probe/index.ts';
import { type Observation, type ObservedChange, observeChange } from '../../probe/observe-change.ts';
import { scaling } from '../../probe/run-change.ts';
import { rolling } from '../../probe/run-rollout.ts';
import { openClient, type Subject, startClient } from '../../probe/run-scheme.ts';
import { explainChange, explainRollout } from '../../probe/schemes/explain.ts';
import { causesOf, countCauses } from '../../verdict/cause.ts';
import type { Caller, GoChoice } from './clients.ts';
import type { ChangeKind, ExperimentRow } from './report.ts';

export interface Wanted {
  readonly kind: ChangeKind;
  readonly callers: readonly Caller[];
  readonly goClient: GoChoice;
  readonly variant: string | null;
  readonly retries: boolean;
  readonly options: ProofOptions;
}

/** Makes one change under the calls of all clients; clients are new ones and gone afterwards. */
export async function observeOnce(
  fixture: Fixture,
  wanted: Wanted,
  progress: Progress,
  signal: AbortSignal,
): Promise<ExperimentRow[]> {
  const { callers, options, kind } = wanted;
  return withClients(signal, async (started) => {
    const prefix = randomUUID().slice(0, 8);
    const begun = await Promise.all(
      callers.map((caller) =>
        begin(fixture, caller, wanted, prefix, started).catch((thrown) => rowOfError(caller, wanted.variant, thrown)),
      ),
    );
    signal.throwIfAborted();
    const subjects = begun.filter((one) => 'fixture' in one);
    const seen = subjects.length === 0 ? [] : await observeChange(subjects, changeOf(kind, options), fixture, progress);
    signal.throwIfAborted();
    return begun.map((one, index) => {
      if (!('fixture' in one)) return one;
      const found = seen.find(({ subject }) => subject === one)!;
      const caller = callers[index]!;
      return 'error' in found ? rowOfError(caller, wanted.variant, found.error) : rowOf(found, caller, wanted);
    });
  });
}

async function begin(
  fixture: Fixture,
  caller: Caller,
  { goClient, retries, options, variant }: Wanted,
  prefix: string,
  started: (client: ClientProcess) => void,
): Promise<Subject | ExperimentRow> {
  const skipped = (reason: string): ExperimentRow => ({ variant, ...caller, status: 'skipped', reason });
  const go = caller.client === 'grpc-go' ? goClient : undefined;
  if (go !== undefined && 'missing' in go) return skipped(go.missing);
  // Two clients of one scheme count their calls apart.
  const own = { scheme: schemes[caller.scheme], fixture, options, prefix: `${prefix}.${caller.client}` };
  const subject = await startClient(own, started, { retries, goClient: go?.path });
  if ('skipped' in subject) return skipped(subject.skipped);
  await openClient(subject.client);
  return subject;
}

function changeOf(kind: ChangeKind, { replicas, scaleTo }: ProofOptions): ObservedChange {
  if (kind !== 'rolling-update') return scaling(kind, kind === 'scale-out' ? scaleTo : replicas);
  return { ...rolling('update', kind), rate: ({ scaleRatePerSecond }) => scaleRatePerSecond };
}

function rowOf(
  { subject, result, events, addresses, seen, sum }: Observation,
  caller: Caller,
  { kind, variant }: Wanted,
): ExperimentRow {
  const { id } = subject.scheme;
  const causes = countCauses(causesOf(result.records, events, addresses));
  const converged = seen.convergedMs !== null;
  const { why } =
    kind === 'rolling-update' ? explainRollout(id, causes) : explainChange(id, kind, { converged, lost: causes });
  return {
    ...{
      variant,
      ...caller,
      status: 'ok',
      causes,
      failures: sum.failures,
      failed: sum.failed,
      why,
    },
    convergedMs: seen.convergedMs === null ? null : toHundredths(seen.convergedMs),
    calls: result.calls,
    onOldPods: { answered: seen.late.answered, failed: seen.late.failed },
    p99Ms: sum.latencyMs.p99,
    p99OfAllMs: sum.latencyOfAllMs.p99,
  };
}

export function rowOfError(caller: Caller, variant: string | null, thrown: unknown): ExperimentRow {
  const { code, message, hint } = toEvenkeelError(thrown);
  return { variant, ...caller, status: 'error', reason: `${code}: ${message}. ${hint}` };
}
