import type { Report } from '../report.ts';
import { printChanges } from './changes.ts';
import { printConditions } from './conditions.ts';
import { painter, wrap } from './layout.ts';
import { printNodeLocal } from './node-local.ts';
import { type Place, printPlaces } from './places.ts';
import { printRollouts } from './rollouts.ts';
import { printSchemes } from './scheme-rows.ts';

export interface PrintOptions {
  /** Default: false. */
  readonly colour?: boolean | undefined;
  /** Also the shares by zone or by node; default: neither. */
  readonly by?: Place | undefined;
}

/** Whether a stream takes colours: a terminal without `NO_COLOR`, or `FORCE_COLOR`. */
export function useColour(stream: { readonly isTTY?: boolean; hasColors?(): boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return stream.isTTY === true && stream.hasColors?.() === true;
}

/** The report as text for a terminal, at most 80 columns wide. */
export function printReport(report: Report, { colour = false, by }: PrintOptions = {}): string {
  const paint = painter(colour);
  const sections = [
    printSchemes(report, paint),
    by === undefined ? [] : printPlaces(report, by, paint),
    printChanges('Scale-out', report.scaleOut, paint),
    printChanges('Scale-in', report.scaleIn, paint),
    printRollouts(report.rollingUpdate, paint),
    printNodeLocal(report, paint),
    printConditions(report, paint),
    wrap(report.conclusion).map((line) => paint('bold', line)),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}
