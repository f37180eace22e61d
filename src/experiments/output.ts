import type { Command } from 'commander';
import { useColour } from '../probe/print/print-report.ts';
import { openOutput, publish } from '../probe/report-file.ts';

/** Where an experiment's results go. */
export interface ExperimentOutput {
  /** JSON file. */
  readonly report: string | undefined;
  /** Page with plots. */
  readonly html: string | undefined;
  /** JSON instead of the table on standard output. */
  readonly json: boolean;
}

/** Adds the flags that {@link parseOutput} reads. */
export function addOutputOptions<C extends Command>(command: C): C {
  command
    .option('--report <file>', 'write the results as JSON, for example report.json')
    .option('--html <file>', 'write a page with plots, for example report.html; it loads nothing else')
    .option('--json', 'print the results as JSON instead of the table');
  return command;
}

/** Takes what commander hands over. */
export function parseOutput(raw: Readonly<Record<string, unknown>>): ExperimentOutput {
  return {
    report: raw.report as string | undefined,
    html: raw.html as string | undefined,
    json: raw.json === true,
  };
}

/** Files that are open, and the way to tell a report. */
export interface Results {
  /** Writes the files and prints the table or the JSON. */
  tell<Report>(
    report: Report,
    print: (report: Report, colour: boolean) => string,
    page: (report: Report) => string,
  ): Promise<void>;
}

/**
 * Opens what results are written to before the run: a path that cannot be written must not cost them.
 *
 * @throws EvenkeelError `EK_REPORT_PATH`
 */
export async function openResults({ report: reportPath, html, json }: ExperimentOutput): Promise<Results> {
  const reportFile = reportPath === undefined ? undefined : await openOutput(reportPath, '--report');
  const htmlFile = html === undefined ? undefined : await openOutput(html, '--html');
  return {
    async tell(report, print, page) {
      const text = `${JSON.stringify(report, null, 2)}\n`;
      await publish(
        [
          [reportFile, () => text],
          [htmlFile, () => page(report)],
        ],
        () => console.log(json ? text.trimEnd() : print(report, useColour(process.stdout))),
      );
    },
  };
}
