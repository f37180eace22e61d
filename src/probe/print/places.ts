import { isMeasured } from '../is-measured.ts';
import type { MeasuredScheme, Report } from '../report.ts';
import { type Cell, type Column, type Paint, table } from './layout.ts';

/** What pods can be put together by. */
export type Place = 'zone' | 'node';

/** Who answered, by zone or by node. */
export function printPlaces({ schemes }: Report, place: Place, paint: Paint): string[] {
  const measured = schemes.filter(isMeasured);
  const heading = paint('bold', `Who answered, by ${place}`);
  const rows = measured.flatMap(({ scheme, backends }) =>
    placeRows(scheme, place === 'zone' ? backends.byZone : backends.byNode),
  );
  if (rows.length > 0) return [heading, '', ...table(placeColumns('scheme', place), rows, paint)];
  return measured.length === 0 ? [] : [heading, '', `It is not known in which ${place} the pods are.`];
}

export function placeColumns(first: string, place: Place): readonly Column[] {
  return [
    { title: first, align: 'left' },
    { title: place, align: 'left' },
    { title: 'pods', align: 'right' },
    { title: 'calls', align: 'right' },
    { title: 'share', align: 'right' },
    { title: 'each pod', align: 'right' },
  ];
}

/** A row a place; what they are rows of stands in the first alone. */
export function placeRows(of: string, places: MeasuredScheme['backends']['byZone']): Cell[][] {
  const total = places.reduce((sum, { calls }) => sum + calls, 0);
  return places.map(({ name, pods, calls }, index) => [
    { text: index === 0 ? of : '' },
    { text: name },
    { text: String(pods) },
    { text: String(calls) },
    { text: percent(calls / total) },
    { text: percent(calls / total / pods) },
  ]);
}

function percent(part: number): string {
  return Number.isFinite(part) ? `${(part * 100).toFixed(1)} %` : '–';
}
