import { connectionAgePage } from '../../../probe/experiment/connection-age/page.ts';
import { printConnectionAge } from '../../../probe/experiment/connection-age/print.ts';
import { type ConnectionAgeReport, exitCodeOf } from '../../../probe/experiment/connection-age/report.ts';
import { versions } from '../../versions.ts';
import type { ConnectionAgeOptions } from '../connection-age.ts';
import type { ExperimentOutput } from '../output.ts';
import { runInLab } from '../run-in-lab.ts';
import { LabAges } from './lab-ages.ts';
import { measureAges } from './measure-ages.ts';

/** Sweeps the ages in a lab; the answer is the exit code. */
export function measureConnectionAge(options: ConnectionAgeOptions, output: ExperimentOutput): Promise<number> {
  return runInLab<ConnectionAgeReport>({
    lab: { seed: options.seed, dnsTtlSeconds: 1 },
    output,
    async measure(lab, progress, signal) {
      const place = { environment: 'lab', versions: await versions(), ages: new LabAges(lab) } as const;
      return measureAges(place, options, progress, signal);
    },
    print: printConnectionAge,
    page: connectionAgePage,
    exitCode: exitCodeOf,
  });
}
