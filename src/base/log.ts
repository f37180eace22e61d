import { type Logger, pino } from 'pino';

export type { Logger };

/** Bytes of lines that wait to be written. */
const maxWaitingBytes = 1024 * 1024;

const destinations = new Set<ReturnType<typeof pino.destination>>();

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/**
 * A JSON logger on standard error, so that standard output stays what the command prints.
 *
 * Lines are written behind what caused them, so that nobody waits for a reader of the log who does not read; those that are
 * left at the end of the process are written then.
 *
 * `EVENKEEL_LOG` sets the level (trace, debug, info, warn, error, silent); an unknown word counts as the default.
 *
 * @param name - the part of evenkeel that speaks
 * @param fallback - the level without `EVENKEEL_LOG`; default `info`
 * @param dropped - called for each line that is lost since 1 MiB of others wait to be read
 */
export function createLogger(name: string, fallback = 'info', dropped: () => void = () => {}): Logger {
  const wanted = process.env.EVENKEEL_LOG ?? fallback;
  const standardError = pino.destination({ fd: 2, sync: false, maxLength: maxWaitingBytes });
  standardError.on('drop', dropped);
  destinations.add(standardError);
  // A log that cannot be written (nobody reads it, the disk is full) must not end what it is about.
  standardError.on('error', () => {});
  return pino({ name, level: levels.includes(wanted) ? wanted : fallback }, standardError);
}

/** Writes the lines that wait: before something else goes to standard error that is to stand behind them. */
export function flushLogs(): void {
  for (const destination of destinations) destination.flushSync();
}
