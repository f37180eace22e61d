import { unlessAborted } from '../../base/shutdown.ts';
import { formatIdentifier } from '../identify/identify.ts';
import { runLoad } from '../load/run-load.ts';
import type { Progress } from '../progress.ts';
import { buildReport } from './build-report.ts';
import { Contacts } from './contacts.ts';
import { findIdentifier } from './find-identifier.ts';
import type { Measured } from './measured.ts';
import { openEngine } from './open-engine.ts';
import type { Opened } from './opened.ts';
import type { ProbeOptions } from './options.ts';
import type { ProbeReport } from './report.ts';
import { watchBackends } from './watch-backends.ts';

/** More calls at a time would be a test of this program's memory. */
const maxInFlight = 10_000;

/**
 * Measures a target.
 *
 * @param signal - ends it at once, with the report of what was measured by then; before calls are made it rejects with the
 *   signal's reason
 * @throws EvenkeelError as `openEngine`, and `EK_PROBE_METHOD`, `EK_PROBE_IDENTIFIER`
 */
export async function runProbe(
  options: ProbeOptions,
  progress: Progress,
  signal: AbortSignal,
  about: Measured['about'],
): Promise<ProbeReport> {
  progress.step(`connecting to ${options.target.text}`);
  const opening = openEngine(options, signal);
  const opened = await unlessAborted(opening, signal).catch((thrown: unknown) => {
    // What is open by the time that somebody has ended the run is closed again.
    void opening.then(shut, () => {});
    throw thrown;
  });
  const { engine, call, ask, askEveryMs, sampled, reflected } = opened;
  try {
    const first = await unlessAborted(ask(), signal);
    progress.step('finding out who answers');
    const expected = options.backends ?? first.count ?? 1;
    const identified = await findIdentifier(engine, options, expected, sampled, signal);
    const { identifier, samples } = identified;
    const contacts = new Contacts();
    const observed = contacts.observe(engine, identifier);

    const startedAt = new Date();
    progress.step(`calling ${call}, told apart by ${formatIdentifier(identifier)}`);
    const waitsBefore = engine.streamWaits ?? 0;
    const stopWatching = watchBackends(first, ask, askEveryMs, (event) => contacts.came(event, event.at));
    const result = await runLoad(observed, { ...options, maxInFlight }, signal, ({ calls, failed, backends }) =>
      progress.update(`${calls} calls, ${backends.size} backends, ${failed} failed`),
    );
    const watched = await stopWatching(signal.aborted);
    progress.end();
    const connections = options.connections ?? engine.mostConnections ?? 1;
    const otherCalls = { samples, reflection: reflected };
    return buildReport({
      ...{ options, startedAt, call, engine: engine.name, identified, first, watched, contacts, result, otherCalls },
      ...{ connections, streamWaits: (engine.streamWaits ?? 0) - waitsBefore, about },
    });
  } finally {
    const shutting = shut(opened);
    // What takes its time to close is left to the end of the process.
    if (!signal.aborted) await shutting;
  }
}

async function shut({ engine, close }: Opened): Promise<void> {
  engine.close();
  await close();
}
