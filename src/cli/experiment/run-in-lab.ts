import { terminationSignal } from '../../base/shutdown.ts';
import { Lab, type LabOptions } from '../../lab/index.ts';
import { createProgress, type Progress, useColour } from '../../probe/index.ts';
import { openOutput } from '../../probe/report-file.ts';
import type { ExperimentOutput } from './output.ts';

/** What is measured in a lab that has just been started, and how it is told. */
export interface LabExperiment<Report> {
  readonly lab: LabOptions;
  readonly output: ExperimentOutput;
  /**
   * @param signal - ends it early, with a report of what is known by then; rejects where nothing is known yet
   */
  measure(lab: Lab, progress: Progress, signal: AbortSignal): Promise<Report>;
  /** For a terminal. */
  print(report: Report, colour: boolean): string;
  /** One page of HTML that loads nothing else. */
  page(report: Report): string;
  exitCode(report: Report): 0 | 1 | 3;
}

/** Starts a lab, measures in it, tells what was seen and takes the lab down again; the answer is the exit code. */
export async function runInLab<Report>(experiment: LabExperiment<Report>): Promise<number> {
  const { report: reportPath, html: htmlPath, json } = experiment.output;
  // Before the run: a path that cannot be written must not cost the results.
  const reportFile = reportPath === undefined ? undefined : await openOutput(reportPath, '--report');
  const htmlFile = htmlPath === undefined ? undefined : await openOutput(htmlPath, '--html');
  const progress = createProgress(process.stderr);
  progress.step('starting the lab');
  const lab = await Lab.start(experiment.lab);
  const early = new AbortController();
  void Promise.race([terminationSignal(), lab.stopped]).then(() => {
    early.abort();
    return lab.stop();
  });
  try {
    for (const notice of lab.notices) progress.note(notice);
    const report = await experiment.measure(lab, progress, early.signal).catch((thrown: unknown) => {
      if (!early.signal.aborted) throw thrown;
      progress.note('the lab was ended before anything was measured');
    });
    if (report === undefined) return 3;
    progress.end();
    const text = `${JSON.stringify(report, null, 2)}\n`;
    await reportFile?.write(text);
    await htmlFile?.write(experiment.page(report));
    console.log(json ? text.trimEnd() : experiment.print(report, useColour(process.stdout)));
    return experiment.exitCode(report);
  } finally {
    progress.end();
    await lab.stop();
  }
}
