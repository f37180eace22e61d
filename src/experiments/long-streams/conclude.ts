import { counted } from '../../base/words.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import type { LongStreamsRow, MeasuredLongStreams, Remedy } from './report.ts';

export const titles: Readonly<Record<Remedy, string>> = {
  nothing: 'nothing',
  max_stream_duration: 'max_stream_duration',
  age: 'age, no end to its grace',
  'age and grace': 'age and grace',
};

/** The same within a sentence. */
const having: Readonly<Record<Remedy, string>> = {
  nothing: 'Without a remedy',
  max_stream_duration: 'With max_stream_duration',
  age: 'With an age whose grace has no end',
  'age and grace': 'With an age and a grace',
};

/** The run in some sentences; pure. */
export function concludeLongStreams(rows: readonly LongStreamsRow[], interrupted: boolean): string {
  const sentences = rows.filter(isMeasured).map((row) => {
    const even = row.evenAfterMs === null ? 'not even in time' : `even ${evenAfter(row)}`;
    const early =
      row.endedEarlyPerHour === 0
        ? 'no stream ends early'
        : `a stream ends early ${row.endedEarlyPerHour} times an hour`;
    return `${having[row.remedy]} pods are ${even}; ${early}, ${counted(row.reconnects, 'reconnect')}.`;
  });
  if (sentences.length === 0) sentences.push('Nothing was measured.');
  if (interrupted) sentences.push('The run was ended before everything was measured.');
  return sentences.join(' ');
}

export function evenAfter({ evenAfterMs }: MeasuredLongStreams): string {
  return evenAfterMs === null ? 'not in time' : `after ${minutes(evenAfterMs)}`;
}

export function minutes(ms: number): string {
  return ms < 60_000 ? formatMs(ms) : `${Number((ms / 60_000).toFixed(1))} min`;
}
