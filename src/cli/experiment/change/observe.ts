import { randomUUID } from 'node:crypto';
import { toEvenkeelError } from '../../../base/errors.ts';
import { ClientProcess } from '../../../probe/client/client-process.ts';
import type { ChangeKind, ExperimentRow } from '../../../probe/experiment/change/report.ts';
import { explainChange } from '../../../probe/explain.ts';
import { explainRollout } from '../../../probe/explain-rollout.ts';
import type { Fixture } from '../../../probe/fixture.ts';
import { type Progress, type ProofOptions, type SchemeId, schemes } from '../../../probe/index.ts';
import { type Observation, type ObservedChange, observeChange } from '../../../probe/observe-change.ts';
import { isQuiet } from '../../../probe/run-rollout.ts';
import { openClient, type Subject } from '../../../probe/run-scheme.ts';
import { causesOf, countCauses } from '../../../probe/verdict/cause.ts';

export interface Wanted {
  readonly kind: ChangeKind;
  readonly schemes: readonly SchemeId[];
  readonly variant: string | null;
  readonly retries: boolean;
  readonly options: ProofOptions;
}

/** Makes one change under the calls of a client of each scheme; clients are new ones and gone afterwards. */
export async function observeOnce(
  fixture: Fixture,
  wanted: Wanted,
  progress: Progress,
  signal: AbortSignal,
): Promise<ExperimentRow[]> {
  const { options, kind } = wanted;
  const clients: ClientProcess[] = [];
  const abort = (): void => {
    for (const client of clients) void client.close();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    const prefix = randomUUID().slice(0, 8);
    const begun = await Promise.all(
      wanted.schemes.map((id) =>
        begin(fixture, id, wanted, prefix, clients).catch((thrown) => rowOfError(id, wanted.variant, thrown)),
      ),
    );
    signal.throwIfAborted();
    const subjects = begun.filter((one): one is Subject => 'client' in one && 'fixture' in one);
    const rows = new Map<string, ExperimentRow>();
    for (const one of begun) if ('status' in one) rows.set(one.scheme, one);
    if (subjects.length > 0) {
      for (const seen of await observeChange(subjects, changeOf(kind, options), fixture, progress)) {
        const { id } = seen.subject.scheme;
        rows.set(id, 'error' in seen ? rowOfError(id, wanted.variant, seen.error) : rowOf(seen, wanted));
      }
    }
    signal.throwIfAborted();
    return wanted.schemes.map((id) => rows.get(id)!);
  } finally {
    signal.removeEventListener('abort', abort);
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function begin(
  fixture: Fixture,
  id: SchemeId,
  { retries, options, variant }: Wanted,
  prefix: string,
  clients: ClientProcess[],
): Promise<Subject | ExperimentRow> {
  const scheme = schemes[id];
  const found = await fixture.target(id);
  if ('skipped' in found)
    return { variant, client: clientOf(id), scheme: id, status: 'skipped', reason: found.skipped };
  const { target, env, channelOptions = {} } = found;
  const client = new ClientProcess({ scheme, target, channelOptions, retries }, env);
  clients.push(client);
  await client.configured();
  await openClient(client);
  return { scheme, target, client, fixture, options, prefix };
}

function changeOf(kind: ChangeKind, { replicas, scaleTo }: ProofOptions): ObservedChange {
  const rate = ({ scaleRatePerSecond }: ProofOptions): number => scaleRatePerSecond;
  if (kind === 'rolling-update') {
    return {
      name: kind,
      rate,
      failure: 'could not update the backends',
      make: (fixture, observer, runs) => fixture.rollout('update', observer, runs),
      settled: isQuiet,
    };
  }
  const to = kind === 'scale-out' ? scaleTo : replicas;
  return {
    name: kind,
    rate,
    failure: `could not scale to ${to}`,
    make: (fixture, observer, runs) => fixture.scale(to, observer, runs),
    settled: ({ convergedMs }) => convergedMs !== null,
  };
}

function rowOf(
  { subject, result, events, addresses, seen, sum }: Observation,
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
      client: clientOf(id),
      scheme: id,
      status: 'ok',
      causes,
      failures: sum.failures,
      failed: sum.failed,
      why,
    },
    convergedMs: seen.convergedMs === null ? null : Math.round(seen.convergedMs * 100) / 100,
    calls: result.calls,
    onOldPods: { answered: seen.late.answered, failed: seen.late.failed },
    p99Ms: sum.latencyMs.p99,
  };
}

export function rowOfError(id: SchemeId, variant: string | null, thrown: unknown): ExperimentRow {
  const { code, message, hint } = toEvenkeelError(thrown);
  return { variant, client: clientOf(id), scheme: id, status: 'error', reason: `${code}: ${message}. ${hint}` };
}

function clientOf(id: SchemeId): 'grpc-js' | 'http' {
  return schemes[id].protocol === 'http' ? 'http' : 'grpc-js';
}
