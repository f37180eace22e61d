import type { TrendRow } from '../../feed/rows.ts';
import { sparkPath } from '../model/spark-path.ts';

const [width, height, steps] = [120, 24, 48];

/** Calls over the last minutes, and failed calls on the same scale. */
export function Spark({ trend }: { trend: TrendRow | undefined }) {
  if (trend === undefined || trend.calls.length < 2) return <span class="muted">–</span>;
  const most = Math.max(...trend.calls);
  const label = `calls in the last ${Math.round((trend.calls.length * trend.stepMs) / 60_000) || 1} min, at most ${Math.round((most * 1_000) / trend.stepMs)} a second`;
  const hasFailed = trend.failed.some((count) => count > 0);
  return (
    <svg class="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <path class="floor" d={`M0 ${height - 0.5}H${width}`} />
      <path class="calls" d={sparkPath(trend.calls, width, height, steps)} />
      {hasFailed && <path class="failed" d={sparkPath([...trend.failed], width, height, steps, most)} />}
    </svg>
  );
}
