import { EvenkeelError } from '../base/errors.ts';
import { reportPage } from './html/report-page.ts';
import { type Check, type Gate, gateLine, parseGate, type RawGate } from './measure/gate.ts';
import { wrap } from './print/layout.ts';
import type { Place } from './print/places.ts';
import { printReport } from './print/print-report.ts';
import { exitCodeOf, type Report } from './report.ts';
import { checkReport } from './report-gate.ts';
import type { Shown } from './results.ts';

/** How a report of schemes is shown. @throws EvenkeelError `EK_USAGE` */
export function parseShow(raw: Readonly<Record<string, unknown>>): Shown<Report> {
  return showBy(parseGate(raw as RawGate), parsePlace(raw.by as string | undefined));
}

/** @param by - shares by zone or by node in the table; the report always has both */
function showBy(gate: Gate | undefined, by: Place | undefined): Shown<Report> {
  const checksOf = (report: Report): Check[] | undefined =>
    gate === undefined ? undefined : checkReport(report, gate);
  return {
    print(report, colour) {
      const checks = checksOf(report);
      const table = printReport(report, { colour, by });
      return checks === undefined ? table : `${table}\n\n${wrap(gateLine(checks)).join('\n')}`;
    },
    page: (report) => reportPage(report, checksOf(report)),
    gate(report) {
      const checks = checksOf(report);
      return checks === undefined ? undefined : gateLine(checks);
    },
    exitCode(report) {
      const code = exitCodeOf(report);
      return code === 0 && checksOf(report)?.some(({ met }) => !met) === true ? 1 : code;
    },
  };
}

function parsePlace(text: string | undefined): Place | undefined {
  if (text === undefined || text === 'zone' || text === 'node') return text;
  throw new EvenkeelError('EK_USAGE', `"${text}" is nothing that pods are in`, {
    field: '--by',
    hint: 'Write --by zone or --by node.',
  });
}
