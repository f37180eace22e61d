import { versions } from '../../environments/versions.ts';
import type { Output } from '../../probe/output-flags.ts';
import { runInLab } from '../run-in-lab.ts';
import { LabAges } from './lab-ages.ts';
import { measureAges } from './measure-ages.ts';
import type { ConnectionAgeOptions } from './options.ts';
import { connectionAgePage } from './page.ts';
import { printConnectionAge } from './print.ts';
import { type ConnectionAgeReport, exitCodeOf } from './report.ts';

/** Sweeps the ages in a lab; the answer is the exit code. */
export function measureConnectionAge(options: ConnectionAgeOptions, output: Output): Promise<number> {
  return runInLab<ConnectionAgeReport>({
    lab: { seed: options.seed, dnsTtlSeconds: 1 },
    output,
    shown: { print: printConnectionAge, page: connectionAgePage, exitCode: exitCodeOf },
    async measure(lab, progress, signal) {
      const place = { environment: 'lab', versions: await versions(), ages: new LabAges(lab) } as const;
      return measureAges(place, options, progress, signal);
    },
  });
}
