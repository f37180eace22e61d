import { EvenkeelError, formatError } from './errors.ts';

/**
 * What becomes of a command whose output cannot be written:
 *
 * - Nobody reads standard error any more, or it is full: results matter more than what is said about them.
 * - Nobody reads standard output any more (`| head`): the reader wants no more, so the command is asked to end as by SIGTERM.
 * - Standard output cannot be written (a full disk): an error with a code; the command ends tidily, with exit code 3.
 */
export function guardOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', failed);
}

let outlives = false;
let seen = false;

/** For what does more than print: it goes on although nobody reads what it says. */
export function outliveReader(): void {
  outlives = true;
}

function failed(cause: NodeJS.ErrnoException): void {
  if (seen) return;
  seen = true;
  if (cause.code === 'EPIPE' || cause.code === 'ERR_STREAM_DESTROYED') {
    if (!outlives) process.kill(process.pid, 'SIGTERM');
    return;
  }
  const error = new EvenkeelError('EK_OUTPUT', `cannot write to standard output: ${cause.message}`, { cause });
  process.stderr.write(`${formatError(error)}\n`);
  process.on('exit', () => {
    process.exitCode = error.exitCode;
  });
}
