import { randomUUID } from 'node:crypto';
import { toEvenkeelError } from '../base/errors.ts';
import { ClientProcess } from './client/client-process.ts';
import { conclude } from './conclude.ts';
import type { Fixture } from './fixture.ts';
import type { ProofOptions } from './options.ts';
import { type Progress, silentProgress } from './progress.ts';
import type { ChangeRow, Report, SchemeRow } from './report.ts';
import { type Change, fixtureError, runChange } from './run-change.ts';
import { runScheme, type Subject } from './run-scheme.ts';
import { type Scheme, schemes } from './schemes.ts';

/** A scheme that can be measured, or the row that says why not. */
type Candidate = { readonly subject: Subject } | { readonly row: SchemeRow };

/**
 * Measures every scheme, one after the other, then one scale-out and one scale-in that the clients of all schemes that
 * scale go through at the same time.
 *
 * What goes wrong with a scheme becomes its row with status `error` and leaves the others alone.
 *
 * @param signal - ends the run; the client processes are gone when the promise rejects with its reason
 * @throws EvenkeelError `EK_PROBE_FIXTURE` where the fixture cannot even say in what conditions it runs
 */
export async function runProof(
  fixture: Fixture,
  options: ProofOptions,
  progress: Progress = silentProgress,
  signal?: AbortSignal,
): Promise<Report> {
  signal?.throwIfAborted();
  const clients: ClientProcess[] = [];
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal?.reason);
  aborted.promise.catch(() => {});
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([prove(fixture, options, progress, clients), aborted.promise]);
  } finally {
    signal?.removeEventListener('abort', abort);
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function prove(
  fixture: Fixture,
  options: ProofOptions,
  progress: Progress,
  clients: ClientProcess[],
): Promise<Report> {
  const startedAt = new Date();
  const started = performance.now();
  progress.step('starting the clients');
  const given = await fixture.conditions().catch((thrown: unknown) => {
    throw fixtureError('could not tell the conditions', thrown);
  });
  const prefix = randomUUID().slice(0, 8);
  // All at once and before the first call: loading takes longer than calling, and must not disturb it.
  const candidates = await Promise.all(
    options.schemes.map((id) => prepare(schemes[id], { fixture, options, prefix }, clients)),
  );

  const rows: SchemeRow[] = [];
  const scaling: Subject[] = [];
  for (const [index, candidate] of candidates.entries()) {
    if ('row' in candidate) {
      rows.push(candidate.row);
      continue;
    }
    const { subject } = candidate;
    progress.step(`calling: ${subject.scheme.id} (${index + 1} of ${candidates.length})`);
    const row = await runScheme(subject).catch((thrown: unknown) => errorRow(subject.scheme, thrown));
    rows.push(row);
    if (row.status === 'ok' && subject.scheme.scales) scaling.push(subject);
    else await subject.client.close();
  }

  const { scaleOut, scaleIn } = await scale(scaling, options, fixture, progress);
  progress.end();
  const { seed, ratePerSecond, deadlineMs } = options;
  const measured = { schemes: rows, scaleOut, scaleIn };
  return {
    schemaVersion: 1,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - started),
    conditions: {
      environment: given.environment,
      versions: { ...given.versions },
      machine: { ...given.machine },
      intervals: given.intervals.map(({ schemes, ...interval }) => ({
        ...interval,
        ...(schemes !== undefined && { schemes: [...schemes] }),
      })),
      seed,
      ratePerSecond,
      deadlineMs,
      retries: false,
      waitForReady: false,
    },
    ...measured,
    conclusion: conclude(measured),
  };
}

/** Asks where the scheme calls and starts its client process. */
async function prepare(
  scheme: Scheme,
  context: Pick<Subject, 'fixture' | 'options' | 'prefix'>,
  clients: ClientProcess[],
): Promise<Candidate> {
  try {
    const target = await context.fixture.target(scheme.id).catch((thrown: unknown) => {
      throw fixtureError(`has no target for ${scheme.id}`, thrown);
    });
    if ('skipped' in target) {
      return { row: { scheme: scheme.id, title: scheme.title, status: 'skipped', reason: target.skipped } };
    }
    const { env, channelOptions = {} } = target;
    const client = new ClientProcess({ scheme, target: target.target, channelOptions }, env);
    clients.push(client);
    await client.configured();
    return { subject: { ...context, scheme, target: target.target, client } };
  } catch (thrown) {
    return { row: errorRow(scheme, thrown) };
  }
}

function errorRow({ id, title }: Scheme, thrown: unknown): SchemeRow {
  const { code, message, hint } = toEvenkeelError(thrown);
  return { scheme: id, title, status: 'error', code, reason: message, do: hint };
}

async function scale(
  subjects: readonly Subject[],
  { replicas, scaleTo }: ProofOptions,
  fixture: Fixture,
  progress: Progress,
): Promise<{ scaleOut: ChangeRow[]; scaleIn: ChangeRow[] }> {
  if (scaleTo === replicas || subjects.length === 0) return { scaleOut: [], scaleIn: [] };
  const run = (change: Change): Promise<ChangeRow[]> => {
    progress.step(`${change.kind} ${change.from} → ${change.to}`);
    return runChange(subjects, change, fixture, progress);
  };
  const scaleOut = await run({ kind: 'scale-out', from: replicas, to: scaleTo });
  // Where nothing could be scaled out, nothing can be scaled in.
  const failed = scaleOut.every(({ status }) => status === 'error');
  const scaleIn = failed ? [] : await run({ kind: 'scale-in', from: scaleTo, to: replicas });
  return { scaleOut, scaleIn };
}
