import { chop, displayWidth, printable, shorten } from '../base/printable.ts';
import { lineWidth, wrap } from './print/layout.ts';

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
    step: (text) => stream.write(`${shorten(printable(text), lineWidth - 2)} …\n`),
    update: () => {},
    note: (text) => stream.write(`${noteLines(text)}\n`),
    end: () => {},
  };
}

function noteLines(text: string): string {
  return wrap(`note: ${text}`, 2).join('\n');
}

function terminalProgress(stream: ProgressStream, now: () => number): Progress {
  const clearLine = '\r\u001b[K';
  let step: string | undefined;
  let startedAt = 0;
  const show = (text: string): void => {
    const width = (stream.columns ?? 80) - 1;
    const clean = printable(text);
    stream.write(clearLine + (displayWidth(clean) > width ? `${chop(clean, width - 1)[0]}…` : clean));
  };
  const finish = (): void => {
    if (step !== undefined)
      stream.write(`${clearLine}✓ ${printable(step)} (${((now() - startedAt) / 1000).toFixed(1)} s)\n`);
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
      stream.write(`${clearLine}${noteLines(text)}\n`);
      if (step !== undefined) show(`  ${step} …`);
    },
    end: finish,
  };
}
