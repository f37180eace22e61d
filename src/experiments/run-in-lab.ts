import { styleText } from 'node:util';
import { leaveSoon, terminationSignal } from '../base/shutdown.ts';
import { hurriedGraceMs, Lab, type LabOptions } from '../lab/index.ts';
import { createProgress, type Output, openResults, type Progress, type Shown } from '../probe/index.ts';
import { type ShownReport, withCommand } from './with-command.ts';

/** What is measured in a lab that has just been started, and how it is shown. */
export interface LabRun<Report> {
  readonly lab: LabOptions;
  readonly output: Output;
  readonly shown: Shown<Report>;
  /**
   * @param signal - ends it early, with a report of what is known by then; rejects where nothing is known yet
   */
  measure(lab: Lab, progress: Progress, signal: AbortSignal): Promise<Report>;
  /** Leaves the lab up after a run that was not ended early, and says what a person can do with it; undefined: takes it down. */
  readonly keep?: ((lab: Lab) => string) | undefined;
}

/** Starts a lab, measures in it, shows what was seen and takes the lab down again; the answer is the exit code. */
export async function runInLab<Report extends ShownReport & { readonly interrupted: boolean }>(
  run: LabRun<Report>,
): Promise<number> {
  // Asked for before anything is started, so that none is missed.
  const ended = terminationSignal();
  const results = await openResults(run.output);
  const progress = createProgress(process.stderr);
  progress.step('starting the lab');
  const lab = await Lab.start(run.lab);
  const early = new AbortController();
  const stop = Promise.race([ended, lab.stopped]).then((signal) => {
    if (signal !== undefined) progress.note(`${signal}: ending the lab; a second one ends this at once`);
    early.abort();
    return lab.stop({ graceMs: hurriedGraceMs });
  });
  try {
    for (const notice of lab.notices) progress.note(notice);
    progress.step(`starting pods in lab ${lab.id}`);
    const report = await run.measure(lab, progress, early.signal).catch((thrown: unknown) => {
      if (!early.signal.aborted) throw thrown;
      progress.note('the lab was ended before anything was measured');
    });
    if (report === undefined) return 3;
    progress.end();
    const code = await results.show(withCommand(report), run.shown);
    if (run.keep !== undefined && !report.interrupted) {
      console.error(`\n${styleText('bold', `lab ${lab.id} stays up; Ctrl-C ends it`)}\n${run.keep(lab)}`);
      await stop;
    }
    return code;
  } finally {
    progress.end();
    await lab.stop();
    if (early.signal.aborted) leaveSoon();
  }
}
