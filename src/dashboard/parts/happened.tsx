import type { EventRow, TimelineKind } from '../../feed/rows.ts';
import { clockTime } from '../model/figures.ts';
import type { Tone } from '../model/service-list.ts';
import { Badge } from './badge.tsx';

const words: Readonly<Record<TimelineKind, readonly [word: string, tone: Tone]>> = {
  came: ['came', 'good'],
  went: ['went', 'idle'],
  ejected: ['ejected', 'bad'],
  returned: ['is back', 'good'],
  verdict: ['verdict', 'warn'],
};

/** What happened to a Service, the newest first. */
export function Happened({ events }: { events: readonly EventRow[] }) {
  if (events.length === 0) return <p class="muted">Nothing since the control plane started.</p>;
  return (
    <ol class="happened">
      {events.slice(0, 30).map(({ key, atMs, what, subject, why }) => {
        const [word, tone] = words[what];
        const isGood = what === 'verdict' && subject === 'balanced';
        return (
          <li key={key}>
            <time dateTime={new Date(atMs).toISOString()}>{clockTime(atMs)}</time>
            <Badge tone={isGood ? 'good' : tone} text={word} />
            <span>
              <b class="pod">{subject}</b> <span class="muted">{why}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
