import { unlessAborted } from '../../base/shutdown.ts';
import { machine } from '../../environments/machine.ts';
import type { Progress } from '../../probe/index.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import type { AgePlace } from './age-place.ts';
import { buildConnectionAgeReport, type MeasuredAge } from './build-report.ts';
import { measureAge, scaleOf } from './measure-age.ts';
import type { ConnectionAgeOptions } from './options.ts';
import type { ConnectionAgeReport } from './report.ts';

/** Where a sweep is made. */
export interface SweepPlace {
  readonly environment: ConnectionAgeReport['conditions']['environment'];
  readonly versions: Readonly<Record<string, string>>;
  readonly ages: AgePlace;
}

/**
 * Measures one age after the other, then none, then xds:///.
 *
 * @param signal - ends it early, with the ages that are known by then; rejects where there are none
 */
export async function measureAges(
  { environment, versions, ages: place }: SweepPlace,
  options: ConnectionAgeOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<ConnectionAgeReport> {
  const { agesMs, scale, dnsMs, pods, scaleTo, clients, ratePerSecond, fleet } = options;
  const startedAt = new Date();
  const ages: MeasuredAge[] = [];
  const wanted = [
    ...agesMs.map((ageMs) => ({ client: 'dns', ageMs }) as const),
    { client: 'dns', ageMs: undefined } as const,
    { client: 'xds', ageMs: undefined } as const,
  ];
  for (const { client, ageMs } of wanted) {
    const own = scaleOf(ageMs, scale);
    const name = client === 'xds' ? 'xds:///' : ageMs === undefined ? 'no age' : `age ${formatMs(ageMs)}`;
    progress.step(own === 1 ? name : `${name}, ${formatMs((ageMs ?? 0) / own)} here`);
    try {
      const measuring = measureAge(place, { ...options, client, ageMs, scale: own }, progress, signal);
      ages.push(await unlessAborted(measuring, signal));
    } catch (thrown) {
      if (!signal.aborted || ages.length === 0) throw thrown;
      break;
    }
  }
  return buildConnectionAgeReport({
    startedAt,
    durationMs: Date.now() - startedAt.getTime(),
    conditions: {
      ...{ versions: { ...versions }, machine: machine(), environment },
      ...{ scale, dnsMs, podsBefore: pods, podsAfter: scaleTo, clients, ratePerSecond },
    },
    fleet,
    ages,
    interrupted: signal.aborted,
  });
}
