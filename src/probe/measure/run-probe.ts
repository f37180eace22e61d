import { EvenkeelError } from '../../base/errors.ts';
import { chooseIdentifier } from '../identify/choose.ts';
import {
  type AnswerSample,
  describeSample,
  formatIdentifier,
  type Identifier,
  identifyIn,
} from '../identify/identify.ts';
import type { Engine } from '../load/engine.ts';
import { runLoad } from '../load/run-load.ts';
import type { Progress } from '../progress.ts';
import type { Expected } from '../target/expected.ts';
import { buildReport, type Measured } from './build-report.ts';
import { openEngine } from './open-engine.ts';
import type { ProbeOptions } from './options.ts';
import type { ProbeReport } from './report.ts';
import { watchBackends } from './watch-backends.ts';

/** Answers that are looked at for who gave them. */
const fewestSamples = 24;
const mostSamples = 400;
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
  const { engine, call, ask, askEveryMs, close } = await openEngine(options, signal);
  try {
    const asked = async (): Promise<Expected> => {
      const told = await ask();
      return options.backends === undefined ? told : { ...told, source: 'flag', count: options.backends };
    };
    const first = await asked();
    progress.step('finding out who answers');
    const identifier = await findIdentifier(engine, options, first.count ?? 1);
    engine.identifyBy(identifier);

    const startedAt = new Date();
    const by = formatIdentifier(identifier);
    progress.step(`calling ${call}, told apart by ${by}`);
    const stopWatching = watchBackends(first, asked, askEveryMs);
    const result = await runLoad(engine, { ...options, maxInFlight }, signal, ({ calls, failed, backends }) =>
      progress.update(`${calls} calls, ${backends.size} backends, ${failed} failed`),
    );
    const { events, last } = stopWatching();
    progress.end();
    const measured = { options, startedAt, call, engine: engine.name, identifier: by, expected: last, events, result };
    return buildReport({ ...measured, about });
  } finally {
    engine.close();
    await close();
  }
}

/** Makes some calls one after the other and looks at their answers. */
async function findIdentifier(engine: Engine, options: ProbeOptions, expected: number): Promise<Identifier> {
  const samples: AnswerSample[] = [];
  let failure = '';
  const wanted = options.identifier === undefined ? Math.min(mostSamples, Math.max(fewestSamples, 4 * expected)) : 1;
  for (let made = 0; made < wanted + 4 && samples.length < wanted; made += 1) {
    const { status, error, answer } = await engine.sample();
    if (status === 'OK') samples.push(answer);
    else failure = `${status}${error === undefined || error === '' ? '' : `: ${error}`}`;
    if (samples.length === 0 && made >= 3) break;
  }
  if (samples.length === 0) {
    throw new EvenkeelError(
      'EK_PROBE_NO_ANSWER',
      `${options.target.text} answered no call; the last failed with ${failure}`,
    );
  }
  if (options.identifier === undefined) return chooseIdentifier(samples);
  if (samples.every((sample) => identifyIn(options.identifier!, sample) === undefined)) {
    throw new EvenkeelError('EK_PROBE_IDENTIFIER', `${formatIdentifier(options.identifier)} is in no answer`, {
      field: '--identify',
      hint: describeSample(samples[0]!),
    });
  }
  return options.identifier;
}
