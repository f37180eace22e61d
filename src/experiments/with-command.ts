import { commandLine } from '../base/command-line.ts';

/** What every report has. */
export interface ShownReport {
  readonly conditions: object;
}

/** The report with the command line that it can be made again by: the one of this process, wherever the calls were made. */
export function withCommand<Report extends ShownReport>(report: Report): Report {
  return { ...report, conditions: { ...report.conditions, command: commandLine() } };
}
