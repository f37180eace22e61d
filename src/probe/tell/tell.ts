import { reportPage } from '../html/report-page.ts';
import { gateLine } from '../measure/gate.ts';
import { wrap } from '../print/layout.ts';
import { type PrintOptions, printReport, useColour } from '../print/print-report.ts';
import { exitCodeOf, type Report } from '../report.ts';
import { type OutputFile, openOutput, publish } from '../report-file.ts';
import type { Telling } from './options.ts';
import { checkReport } from './report-gate.ts';

/** Files that are known to be writable, opened before the run. @throws EvenkeelError `EK_REPORT_PATH` */
export async function openTelling(
  telling: Telling,
  report: string | undefined,
): Promise<readonly [OutputFile?, OutputFile?]> {
  return [
    report === undefined ? undefined : await openOutput(report, '--report'),
    telling.html === undefined ? undefined : await openOutput(telling.html, '--html'),
  ];
}

/**
 * Writes the files and prints the report, the gate's reason last.
 *
 * @returns the exit code: 3 where something could not be measured, 1 where the gate was not met, else 0
 */
export async function tellReport(
  report: Report,
  { gate }: Telling,
  [reportFile, htmlFile]: readonly [OutputFile?, OutputFile?],
  print: PrintOptions & { readonly json: boolean },
): Promise<0 | 1 | 3> {
  const checks = gate === undefined ? undefined : checkReport(report, gate);
  const text = JSON.stringify(report, null, 2);
  await publish(
    [
      [reportFile, () => `${text}\n`],
      [htmlFile, () => reportPage(report, checks)],
    ],
    () => {
      console.log(print.json ? text : printReport(report, { colour: useColour(process.stdout), by: print.by }));
      if (checks === undefined) return;
      const lines = wrap(gateLine(checks)).join('\n');
      if (print.json) console.error(lines);
      else console.log(`\n${lines}`);
    },
  );
  const code = exitCodeOf(report);
  return code === 0 && checks?.some(({ met }) => !met) === true ? 1 : code;
}
