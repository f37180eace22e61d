import type { Command } from 'commander';

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
