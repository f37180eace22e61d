import { EvenkeelError } from '../../base/errors.ts';
import type { ProbeOptions } from './options.ts';
import type { ProbeReport } from './report.ts';
import { enoughOfRate } from './saturation.ts';

/** What a run comes to, beside its report. */
export interface Outcome {
  readonly exitCode: 0 | 1 | 3;
  /** Why the run is not what was asked for; told after the report. */
  readonly error?: EvenkeelError;
}

/** Of calls that were due; where fewer never left this program it does not show in the 99th percentile. */
const fewUnsent = 0.01;

/** The exit code of a run, and what is wrong with it; pure. */
export function outcomeOf(report: ProbeReport, options: Pick<ProbeOptions, 'calls'>): Outcome {
  const error = shortfall(report, options);
  if (error !== undefined) return { exitCode: 3, error };
  // What was expected may only be missing because somebody has ended the run.
  if (report.interrupted) return { exitCode: 3 };
  return { exitCode: report.gate?.some(({ met }) => !met) === true ? 1 : 0 };
}

function shortfall(
  { target, calls, failed, failures, errors, gate, notSent, ratePerSecond, saturation, interrupted }: ProbeReport,
  options: Pick<ProbeOptions, 'calls'>,
): EvenkeelError | undefined {
  // Where something is expected, that decides: a target that fails is what a gate is for.
  if (calls > 0 && failed === calls && gate === null) {
    const [[status, count] = ['', 0]] = Object.entries(failures).sort((a, b) => b[1] - a[1]);
    const words = errors[status] === undefined || errors[status] === '' ? '' : ` (${errors[status]})`;
    return new EvenkeelError(
      'EK_PROBE_NO_ANSWER',
      `${target} answered no call: all ${calls} failed, ${count} with ${status}${words}`,
      { hint: 'It was reached: look at the errors in the report and at the log of the service.' },
    );
  }
  if (notSent > (calls + notSent) * fewUnsent) return new EvenkeelError('EK_PROBE_RATE', saturation.note);
  const { intended, achieved } = ratePerSecond;
  // With a number of calls a run that is late only takes longer.
  const wanted = options.calls === undefined && !interrupted;
  if (wanted && intended !== null && saturation.by !== null && achieved < intended * enoughOfRate) {
    const rates = `${Math.round(achieved)} of ${Math.round(intended)} calls/s were begun`;
    return new EvenkeelError('EK_PROBE_RATE', `the rate was not reached: ${rates}; ${saturation.note}`, {
      field: '--rate',
    });
  }
  return undefined;
}
