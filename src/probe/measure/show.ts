import type { Shown } from '../results.ts';
import { gateLine } from './gate.ts';
import type { ProbeOptions } from './options.ts';
import { outcomeOf } from './outcome.ts';
import { printProbe } from './print.ts';
import type { ProbeReport } from './report.ts';

/** How a report of `evenkeel probe` is shown. */
export function showProbe(options: ProbeOptions): Shown<ProbeReport> {
  return {
    print: printProbe,
    // Loaded where it is asked for only: a probe should start soon.
    page: async (report) => (await import('../html/probe-page.ts')).probePage(report),
    gate: ({ gate }) => (gate === null ? undefined : gateLine(gate)),
    exitCode(report) {
      const { exitCode, error } = outcomeOf(report, options);
      if (error !== undefined) throw error;
      return exitCode;
    },
  };
}
