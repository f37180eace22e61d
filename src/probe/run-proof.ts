import { randomUUID } from 'node:crypto';
import type { ClientProcess } from './client/client-process.ts';
import { conclude } from './conclude.ts';
import type { Fixture, FixtureConditions } from './fixture.ts';
import type { ProofOptions } from './options.ts';
import { type Progress, silentProgress } from './progress.ts';
import type { Report, SchemeRow, Sections } from './report.ts';
import { type Change, runChange } from './run-change.ts';
import { runRollout } from './run-rollout.ts';
import { errorOf, fixtureError, runScheme, type Subject, startClient } from './run-scheme.ts';
import { type Scheme, schemes } from './schemes/schemes.ts';
import { withUnmeasured } from './unmeasured.ts';

/** A scheme that can be measured, or the row that says why not. */
type Candidate = { readonly subject: Subject } | { readonly row: SchemeRow };

/**
 * Measures every scheme, one after the other, then one scale-out, one scale-in and, where asked for, one rolling update
 * and the way back; the clients of all schemes that are measured there go through each at the same time.
 *
 * What goes wrong with a scheme becomes its row with status `error` and leaves the others alone.
 *
 * @param signal - ends the run: the report then has what was measured by that time and says `interrupted`; the client
 *   processes are gone when it is there. Before anything is known the promise rejects with the signal's reason.
 * @throws EvenkeelError `EK_PROBE_FIXTURE` where the fixture cannot even say in what conditions it runs
 */
export async function runProof(
  fixture: Fixture,
  options: ProofOptions,
  progress: Progress = silentProgress,
  signal: AbortSignal = new AbortController().signal,
): Promise<Report> {
  signal.throwIfAborted();
  const proof = new Proof(fixture, options, progress, signal);
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([proof.run(), aborted.promise]);
    return proof.report();
  } catch (thrown) {
    if (!signal.aborted || !proof.begun) throw thrown;
    return proof.report();
  } finally {
    signal.removeEventListener('abort', abort);
    progress.end();
    await proof.close();
  }
}

/** One run, and what it has measured so far. */
class Proof {
  readonly #fixture: Fixture;
  readonly #options: ProofOptions;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  readonly #clients: ClientProcess[] = [];
  readonly #startedAt = new Date();
  readonly #started = performance.now();
  readonly #prefix = randomUUID().slice(0, 8);
  readonly #measured: Sections = { schemes: [], scaleOut: [], scaleIn: [], rollingUpdate: [] };
  #conditions: FixtureConditions | undefined;

  constructor(fixture: Fixture, options: ProofOptions, progress: Progress, signal: AbortSignal) {
    this.#fixture = fixture;
    this.#options = options;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** Whether there is something to report. */
  get begun(): boolean {
    return this.#conditions !== undefined;
  }

  async run(): Promise<void> {
    this.#step('starting the clients');
    this.#conditions = await this.#fixture.conditions().catch((thrown: unknown) => {
      throw fixtureError('could not tell the conditions', thrown);
    });
    // All at once and before the first call: loading takes longer than calling, and must not disturb it.
    const candidates = await Promise.all(this.#options.schemes.map((id) => this.#prepare(schemes[id])));

    const measured: Subject[] = [];
    for (const [index, candidate] of candidates.entries()) {
      if ('row' in candidate) {
        this.#measured.schemes.push(candidate.row);
        continue;
      }
      const { subject } = candidate;
      this.#step(`calling: ${subject.scheme.id} (${index + 1} of ${candidates.length})`);
      const row = await runScheme(subject).catch((thrown: unknown) => errorOf(subject.scheme, thrown));
      this.#measured.schemes.push(row);
      if (row.status === 'ok' && (subject.scheme.scales || this.#options.rollingUpdate)) measured.push(subject);
      else await subject.client.close();
    }
    await this.#scale(measured.filter(({ scheme }) => scheme.scales));
    await this.#roll(measured);
  }

  /** What is known by now; after an abort it says of everything else that it was not measured. */
  report(): Report {
    const { environment, versions, machine, intervals } = this.#conditions!;
    const { seed, ratePerSecond, deadlineMs } = this.#options;
    const interrupted = this.#signal.aborted;
    const measured = interrupted ? withUnmeasured(this.#measured, this.#options) : this.#measured;
    return {
      schemaVersion: 1,
      startedAt: this.#startedAt.toISOString(),
      durationMs: Math.round(performance.now() - this.#started),
      conditions: {
        environment,
        versions: { ...versions },
        machine: { ...machine },
        intervals: intervals.map(({ schemes, ...interval }) => ({
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
      nodeLocal: [],
      interrupted,
      conclusion: conclude({ ...measured, interrupted }),
    };
  }

  /** Ends the client processes. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** A next step, unless the run was ended. */
  #step(text: string): void {
    this.#signal.throwIfAborted();
    this.#progress.step(text);
  }

  /** Asks where the scheme calls and starts its client process. */
  async #prepare(scheme: Scheme): Promise<Candidate> {
    const wanted = { scheme, fixture: this.#fixture, options: this.#options, prefix: this.#prefix };
    try {
      const found = await startClient(wanted, (client) => {
        this.#clients.push(client);
        this.#signal.throwIfAborted();
      });
      if ('client' in found) return { subject: found };
      return { row: { scheme: scheme.id, title: scheme.title, status: 'skipped', reason: found.skipped } };
    } catch (thrown) {
      return { row: errorOf(scheme, thrown) };
    }
  }

  async #scale(subjects: readonly Subject[]): Promise<void> {
    const { replicas, scaleTo } = this.#options;
    if (scaleTo === replicas || subjects.length === 0) return;
    const run = (change: Change) => {
      this.#step(`${change.kind} ${change.from} → ${change.to}`);
      return runChange(subjects, change, this.#fixture, this.#progress);
    };
    this.#measured.scaleOut.push(...(await run({ kind: 'scale-out', from: replicas, to: scaleTo })));
    // Where nothing could be scaled out, nothing can be scaled in.
    if (this.#measured.scaleOut.every(({ status }) => status === 'error')) return;
    this.#measured.scaleIn.push(...(await run({ kind: 'scale-in', from: scaleTo, to: replicas })));
  }

  async #roll(subjects: readonly Subject[]): Promise<void> {
    if (!this.#options.rollingUpdate || subjects.length === 0) return;
    const rows = this.#measured.rollingUpdate;
    this.#step('rolling update');
    rows.push(...(await runRollout(subjects, 'update', this.#fixture, this.#progress)));
    // Where nothing could be updated, nothing can be rolled back.
    if (rows.every(({ status }) => status === 'error')) return;
    this.#step('rolling back');
    rows.push(...(await runRollout(subjects, 'rollback', this.#fixture, this.#progress)));
  }
}
