import { formatMs } from '../measure/duration.ts';
import type { Report } from '../report.ts';
import { type Paint, table, wrap } from './layout.ts';

/** Under which conditions: shortened intervals first, since they decide what the figures are worth elsewhere. */
export function printConditions({ conditions, durationMs }: Report, paint: Paint): string[] {
  const { intervals, machine, versions, seed } = conditions;
  const shortened = intervals.filter(({ valueMs, defaultMs }) => valueMs !== defaultMs);
  const rows = shortened.map(({ name, valueMs, defaultMs }) => [
    { text: name },
    { text: formatMs(valueMs), format: 'yellow' as const },
    { text: formatMs(defaultMs) },
  ]);
  const about = [
    `${machine.cpus} CPUs, ${machine.os}`,
    ...Object.entries(versions).map(([program, version]) => `${program} ${version}`),
    `seed ${seed}`,
    `took ${formatMs(durationMs)}`,
  ];
  return [
    ...(rows.length === 0
      ? []
      : [
          ...table(
            [
              { title: 'Intervals that were changed for this run', align: 'left' },
              { title: 'here', align: 'right' },
              { title: 'elsewhere', align: 'right' },
            ],
            rows,
            paint,
          ),
          '',
        ]),
    ...wrap(about.join(' · ')).map((line) => paint('dim', line)),
  ];
}
