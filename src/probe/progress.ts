/** What a run tells while it goes on. */
export interface Progress {
  /** A new step begins; the one before it is done. */
  step(text: string): void;
  /** More about the step under way; shown only where a line can be rewritten. */
  update(text: string): void;
  /** Something that a reader should know, on a line of its own. */
  note(text: string): void;
  /** The last step is done. */
  end(): void;
}

export const silentProgress: Progress = { step: () => {}, update: () => {}, note: () => {}, end: () => {} };

/** What a progress display needs of a stream; `process.stderr` has it. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** On a terminal one line that is rewritten, elsewhere one line a step. */
export function createProgress(stream: ProgressStream, now: () => number = () => performance.now()): Progress {
  return stream.isTTY === true ? terminalProgress(stream, now) : plainProgress(stream);
}

function plainProgress(stream: ProgressStream): Progress {
  return {
    step: (text) => stream.write(`${text} …\n`),
    update: () => {},
    note: (text) => stream.write(`note: ${text}\n`),
    end: () => {},
  };
}

function terminalProgress(stream: ProgressStream, now: () => number): Progress {
  const clearLine = '\r\u001b[K';
  let step: string | undefined;
  let startedAt = 0;
  const show = (text: string): void => {
    const width = (stream.columns ?? 80) - 1;
    stream.write(clearLine + (text.length > width ? `${text.slice(0, width - 1)}…` : text));
  };
  const finish = (): void => {
    if (step !== undefined) stream.write(`${clearLine}✓ ${step} (${((now() - startedAt) / 1000).toFixed(1)} s)\n`);
    step = undefined;
  };
  return {
    step(text) {
      finish();
      step = text;
      startedAt = now();
      show(`  ${text} …`);
    },
    update(text) {
      if (step !== undefined) show(`  ${step}: ${text}`);
    },
    note(text) {
      stream.write(`${clearLine}note: ${text}\n`);
      if (step !== undefined) show(`  ${step} …`);
    },
    end: finish,
  };
}
