import { styleText } from 'node:util';
import { terminationSignal } from '../base/shutdown.ts';
import { Lab, type LabOptions } from '../lab/index.ts';
import {
  createProgress,
  openTelling,
  type Progress,
  type ProofOptions,
  type Report,
  type Telling,
  tellReport,
} from '../probe/index.ts';

/** What is measured in a lab that has just been started. */
export interface Experiment {
  readonly options: ProofOptions;
  /** Where the report goes, and what it must show. */
  readonly telling: Telling;
  readonly lab: LabOptions;
  /** Leave the lab up afterwards. */
  readonly keep: boolean;
  /** @param signal - ends it early, with a report of what is known by then */
  measure(lab: Lab, progress: Progress, signal: AbortSignal): Promise<Measurement>;
}

export interface Measurement {
  readonly report: Report;
  /** What a person can do with the lab while it is kept up. */
  readonly addresses: string;
}

/** Starts a lab, measures in it, prints what was seen and takes the lab down again; the answer is the exit code. */
export async function measureInLab({ options, telling, lab: labOptions, keep, measure }: Experiment): Promise<number> {
  const files = await openTelling(telling, options.report);
  const progress = createProgress(process.stderr);

  progress.step('starting the lab');
  const lab = await Lab.start(labOptions);
  const early = new AbortController();
  const stop = Promise.race([terminationSignal(), lab.stopped]).then(() => {
    early.abort();
    return lab.stop();
  });
  try {
    for (const notice of lab.notices) progress.note(notice);
    progress.step(`starting pods in lab ${lab.id}`);
    const measured = await measure(lab, progress, early.signal).catch((thrown: unknown) => {
      if (!early.signal.aborted) throw thrown;
      progress.note('the lab was ended before anything was measured');
    });
    if (measured === undefined) return 3;
    const { report, addresses } = measured;
    progress.end();
    const code = await tellReport(report, telling, files, options);
    if (keep && !report.interrupted) {
      console.error(`\n${styleText('bold', `lab ${lab.id} stays up; Ctrl-C ends it`)}\n${addresses}`);
      await stop;
    }
    return code;
  } finally {
    progress.end();
    await lab.stop();
  }
}
