import { EvenkeelError } from '../../base/errors.ts';
import { decimal, wholeNumber } from '../../base/number-flag.ts';
import { formatMs, parseDuration } from '../../probe/measure/duration.ts';

export const defaults = {
  ...{ streams: 200, clients: 10, pods: 3, scaleTo: 6, scale: 60 },
  ...{ lasts: '1h', maxDuration: '10m', age: '10m', grace: '1m' },
} as const;

/** What `evenkeel experiment long-streams` measures; times are those of a cluster, in milliseconds. */
export interface LongStreamsOptions {
  /** Of all clients of a row; a multiple of the clients. */
  readonly streams: number;
  readonly clients: number;
  readonly pods: number;
  readonly scaleTo: number;
  /** Times are so many times shorter here. */
  readonly scale: number;
  /** How long a stream lasts by itself. */
  readonly lastsMs: number;
  readonly maxDurationMs: number;
  readonly ageMs: number;
  readonly graceMs: number;
  readonly seed: number;
}

/** A policy has no shorter one. */
const leastDurationMs = 1_000;

/** @throws EvenkeelError `EK_USAGE`, naming the flag */
export function parseLongStreams(raw: Readonly<Record<string, string | undefined>>): LongStreamsOptions {
  const time = (name: 'lasts' | 'maxDuration' | 'age' | 'grace', field: string): number =>
    parseDuration(raw[name] ?? defaults[name], field, { min: 1_000 });
  const scale = decimal(raw.scale, '--scale', defaults.scale, 1, 3600);
  const clients = wholeNumber(raw.clients, '--clients', defaults.clients, 1, 100);
  const streams = wholeNumber(raw.streams, '--streams', Math.max(defaults.streams, clients), 1, 2000);
  const pods = wholeNumber(raw.pods, '--pods', defaults.pods, 1, 20);
  const scaleTo = wholeNumber(raw.scaleTo, '--scale-to', Math.max(defaults.scaleTo, pods + 1), 2, 40);
  const maxDurationMs = time('maxDuration', '--max-duration');
  if (scaleTo <= pods) throw refused('--scale-to', `${scaleTo} is not more than --pods ${pods}`);
  if (streams % clients !== 0) throw refused('--streams', `${streams} is no multiple of --clients ${clients}`);
  if (maxDurationMs / scale < leastDurationMs) {
    const least = formatMs(leastDurationMs * scale);
    throw refused('--max-duration', `${formatMs(maxDurationMs)} is less than ${least}, a second of --scale ${scale}`);
  }
  return {
    ...{ streams, clients, pods, scaleTo, scale, maxDurationMs },
    lastsMs: time('lasts', '--lasts'),
    ageMs: time('age', '--age'),
    graceMs: time('grace', '--grace'),
    seed: wholeNumber(raw.seed, '--seed', 1, 0, 2 ** 31 - 1),
  };
}

function refused(field: string, what: string): EvenkeelError {
  return new EvenkeelError('EK_USAGE', `${field} ${what}`, { field });
}
