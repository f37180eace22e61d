import { openOutput, publish } from './output-file.ts';
import type { Output } from './output-flags.ts';
import { wrap } from './print/layout.ts';
import { useColour } from './print/print-report.ts';

/** How a report is shown, and what it comes to. */
export interface Shown<Report> {
  /** For a terminal; with the gate's reason, where there is a gate. */
  print(report: Report, colour: boolean): string;
  /** One page of HTML that loads nothing else. */
  page(report: Report): string | Promise<string>;
  /** The gate's reason, for standard error while standard output has JSON; undefined: there is no gate. */
  gate?(report: Report): string | undefined;
  /** @throws EvenkeelError where the run is not what was asked for */
  exitCode(report: Report): 0 | 1 | 3;
}

/** Files that are open, and the way to show a report. */
export interface Results {
  /** Writes the files, prints the table or the JSON and answers with the exit code. */
  show<Report>(report: Report, shown: Shown<Report>): Promise<0 | 1 | 3>;
}

/**
 * Opens what results are written to before the run: a path that cannot be written must not cost them.
 *
 * @throws EvenkeelError `EK_REPORT_PATH`
 */
export async function openResults({ report: reportPath, html, json }: Output): Promise<Results> {
  const reportFile = reportPath === undefined ? undefined : await openOutput(reportPath, '--report');
  const htmlFile = html === undefined ? undefined : await openOutput(html, '--html');
  return {
    async show(report, shown) {
      const text = JSON.stringify(report, null, 2);
      await publish(
        [
          [reportFile, () => `${text}\n`],
          [htmlFile, () => shown.page(report)],
        ],
        () => {
          console.log(json ? text : shown.print(report, useColour(process.stdout)));
          const gate = json ? shown.gate?.(report) : undefined;
          if (gate !== undefined) console.error(wrap(gate).join('\n'));
        },
      );
      return shown.exitCode(report);
    },
  };
}
