import type { ServiceRow } from '../../feed/rows.ts';
import { duration } from '../../live/duration.ts';
import { stateOf, toneOf } from '../model/service-list.ts';
import { Badge } from './badge.tsx';

/** How a Service port is, and on what that rests. */
export function ServiceBadge({ row, asOf }: { row: ServiceRow; asOf: string }) {
  const { load } = row;
  const why = load && `${load.verdict} for ${duration(Date.parse(asOf) - Date.parse(load.since))}: ${load.why}`;
  return <Badge tone={toneOf(row)} text={stateOf(row)} title={why ?? undefined} />;
}
