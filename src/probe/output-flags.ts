import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EvenkeelError } from '../base/errors.ts';
import { addGateOptions } from './measure/gate.ts';

/** Where results go. */
export interface Output {
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
    .option('--report <file>', 'write the report as JSON, for example report.json')
    .option('--html <file>', 'write a page with plots, for example report.html; it loads nothing else')
    .option('--json', 'print the report as JSON instead of the table');
  return command;
}

/** Takes what commander hands over. @throws EvenkeelError `EK_USAGE` */
export function parseOutput(raw: object): Output {
  const { report, html, json } = raw as Readonly<Record<string, unknown>>;
  if (typeof report === 'string' && typeof html === 'string' && resolve(report) === resolve(html)) {
    throw new EvenkeelError('EK_USAGE', `--report and --html both name ${report}`, {
      field: '--html',
      hint: 'Name another file for the page, for example --html report.html.',
    });
  }
  return {
    report: report as string | undefined,
    html: html as string | undefined,
    json: json === true,
  };
}

/** As commander names the flags of {@link addShowOptions}, without `--json`: a command that has no such report refuses them. */
export const showFlags: readonly string[] = [
  ...['report', 'html', 'by'],
  ...['expect', 'maxFailed', 'maxConverge', 'maxP99'],
];

/** The same, and what a report of schemes can be shown with: shares by place, and a gate. */
export function addShowOptions<C extends Command>(command: C): C {
  command.option('--by <place>', 'also print the shares by "zone" or by "node"');
  return addGateOptions(addOutputOptions(command));
}
