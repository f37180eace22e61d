import { buildConnectionAgeReport, type MeasuredAge } from '../../../probe/experiment/connection-age/build-report.ts';
import { connectionAgePage } from '../../../probe/experiment/connection-age/page.ts';
import { printConnectionAge } from '../../../probe/experiment/connection-age/print.ts';
import type { ConnectionAgeReport } from '../../../probe/experiment/connection-age/report.ts';
import { formatMs } from '../../../probe/measure/duration.ts';
import { machine } from '../../lab/machine.ts';
import { versions } from '../../versions.ts';
import type { ConnectionAgeOptions } from '../connection-age.ts';
import type { ExperimentOutput } from '../output.ts';
import { runInLab } from '../run-in-lab.ts';
import { measureAge, scaleOf } from './measure-age.ts';

/** Measures one age after the other, then none, then xds:///; the answer is the exit code. */
export function measureConnectionAge(options: ConnectionAgeOptions, output: ExperimentOutput): Promise<number> {
  const { agesMs, scale, dnsMs, pods, scaleTo, clients, ratePerSecond, seed, fleet } = options;
  const startedAt = new Date();
  return runInLab<ConnectionAgeReport>({
    lab: { seed, dnsTtlSeconds: 1 },
    output,
    async measure(lab, progress, signal) {
      const ages: MeasuredAge[] = [];
      const wanted = [
        ...agesMs.map((ageMs) => ({ client: 'dns', ageMs }) as const),
        { client: 'dns', ageMs: undefined } as const,
        { client: 'xds', ageMs: undefined } as const,
      ];
      for (const { client, ageMs } of wanted) {
        const own = scaleOf(ageMs, scale);
        const name = client === 'xds' ? 'xds:///' : ageMs === undefined ? 'no age' : `age ${formatMs(ageMs)}`;
        progress.step(`${name}, ${formatMs((ageMs ?? 0) / own)} in the lab`);
        try {
          ages.push(await measureAge(lab, { ...options, client, ageMs, scale: own }, progress, signal));
        } catch (thrown) {
          if (!signal.aborted || ages.length === 0) throw thrown;
          break;
        }
      }
      return buildConnectionAgeReport({
        startedAt,
        durationMs: Date.now() - startedAt.getTime(),
        conditions: {
          versions: await versions(),
          machine: machine(),
          ...{ scale, dnsMs, podsBefore: pods, podsAfter: scaleTo, clients, ratePerSecond },
        },
        fleet,
        ages,
        interrupted: signal.aborted,
      });
    },
    print: printConnectionAge,
    page: connectionAgePage,
    exitCode: ({ interrupted }) => (interrupted ? 3 : 0),
  });
}
