import { formatIdentifier } from '../identify/identify.ts';
import { runLoad } from '../load/run-load.ts';
import type { Progress } from '../progress.ts';
import { buildReport, type Measured } from './build-report.ts';
import { Contacts } from './contacts.ts';
import { findIdentifier } from './find-identifier.ts';
import { openEngine } from './open-engine.ts';
import type { ProbeOptions } from './options.ts';
import type { ProbeReport } from './report.ts';
import { watchBackends } from './watch-backends.ts';

/** More calls at a time would be a test of this program's memory. */
const maxInFlight = 10_000;

/**
 * Measures a target.
 *
 * @param signal - ends it early, with the report of what was measured by then
 * @throws EvenkeelError as `openEngine`, and `EK_PROBE_NO_ANSWER`, `EK_PROBE_IDENTIFIER`
 */
export async function runProbe(
  options: ProbeOptions,
  progress: Progress,
  signal: AbortSignal,
  about: Measured['about'],
): Promise<ProbeReport> {
  progress.step(`connecting to ${options.target.text}`);
  const { engine, call, ask, askEveryMs, sampled, reflected, close } = await openEngine(options, signal);
  try {
    const first = await ask();
    progress.step('finding out who answers');
    const expected = options.backends ?? first.count ?? 1;
    const identified = await findIdentifier(engine, options, expected, sampled, signal);
    const { identifier, samples } = identified;
    const contacts = new Contacts();
    const observed = contacts.observe(engine, identifier);

    const startedAt = new Date();
    progress.step(`calling ${call}, told apart by ${formatIdentifier(identifier)}`);
    const stopWatching = watchBackends(first, ask, askEveryMs, (event) => contacts.came(event, event.at));
    const result = await runLoad(observed, { ...options, maxInFlight }, signal, ({ calls, failed, backends }) =>
      progress.update(`${calls} calls, ${backends.size} backends, ${failed} failed`),
    );
    const watched = await stopWatching();
    progress.end();
    const connections = options.connections ?? engine.mostConnections ?? 1;
    const otherCalls = { samples, reflection: reflected };
    return buildReport({
      ...{ options, startedAt, call, engine: engine.name, identified, first, watched, contacts, result, otherCalls },
      ...{ connections, about },
    });
  } finally {
    engine.close();
    await close();
  }
}
