import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { EventRow, TrendRow } from '../../feed/rows.ts';

const height = 170;

/** Calls and failed calls a second over the last minutes, with a line where something happened. */
export function Plot({ trend, events }: { trend: TrendRow; events: readonly EventRow[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const marks = useRef(events);
  marks.current = events;
  const data = dataOf(trend);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = place.current!;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, marks), latest.current, element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [trend.endMs, events[0]?.key]);

  return (
    <figure class="plot">
      <figcaption>
        <span>
          <i class="swatch" aria-hidden="true" /> calls/s
        </span>
        <span>
          <i class="swatch failed" aria-hidden="true" /> failed/s
        </span>
        {events.length > 0 && (
          <span>
            <i class="swatch event" aria-hidden="true" /> what happened
          </span>
        )}
      </figcaption>
      <div ref={place} role="img" aria-label="Calls and failed calls a second over the last minutes" />
    </figure>
  );
}

function dataOf({ calls, failed, endMs, stepMs }: TrendRow): uPlot.AlignedData {
  const perSecond = (count: number): number => (count * 1_000) / stepMs;
  const times = calls.map((_, index) => (endMs - (calls.length - 1 - index) * stepMs) / 1_000);
  return [times, calls.map(perSecond), failed.map(perSecond)];
}

function optionsOf(element: HTMLElement, events: { readonly current: readonly EventRow[] }): uPlot.Options {
  const style = getComputedStyle(element);
  // The resolved colour: a canvas does not know light-dark().
  const colour = (name: string): string => {
    const probe = document.createElement('i');
    probe.style.color = `var(${name})`;
    element.append(probe);
    const resolved = getComputedStyle(probe).color;
    probe.remove();
    return resolved;
  };
  const [line, muted] = [colour('--line'), colour('--muted')];
  const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const font = `12px ${style.fontFamily}`;
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [
      { ...axis, font, size: 32, space: 70, values: (_plot, seconds) => seconds.map((at) => timeOf(at)) },
      { ...axis, font, size: 46 },
    ],
    series: [
      {},
      { stroke: colour('--accent'), width: 1.5, fill: colour('--accent-soft'), points: { show: false } },
      { stroke: colour('--bad'), width: 1.5, points: { show: false } },
    ],
    hooks: { draw: [(plot) => drawEvents(plot, events.current, colour('--warn'))] },
  };
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

function drawEvents(plot: uPlot, events: readonly EventRow[], stroke: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.setLineDash([4, 4]);
  for (const { atMs } of events) {
    const x = Math.round(plot.valToPos(atMs / 1_000, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
