import { type Logger, pino } from 'pino';

export type { Logger };

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/**
 * A JSON logger on standard error, so that standard output stays what the command prints.
 *
 * `EVENKEEL_LOG` sets the level (trace, debug, info, warn, error, silent); an unknown word counts as the default.
 *
 * @param name - the part of evenkeel that speaks
 * @param fallback - the level without `EVENKEEL_LOG`; default `info`
 */
export function createLogger(name: string, fallback = 'info'): Logger {
  const wanted = process.env.EVENKEEL_LOG ?? fallback;
  const standardError = pino.destination({ fd: 2, sync: true });
  // A log that cannot be written (nobody reads it, the disk is full) must not end what it is about.
  standardError.on('error', () => {});
  return pino({ name, level: levels.includes(wanted) ? wanted : fallback }, standardError);
}
