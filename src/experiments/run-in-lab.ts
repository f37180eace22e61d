import { terminationSignal } from '../base/shutdown.ts';
import { Lab, type LabOptions } from '../lab/index.ts';
import { createProgress, type Progress } from '../probe/index.ts';
import { type ExperimentOutput, openResults } from './output.ts';

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
  const results = await openResults(experiment.output);
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
    await results.tell(report, experiment.print, experiment.page);
    return experiment.exitCode(report);
  } finally {
    progress.end();
    await lab.stop();
  }
}
