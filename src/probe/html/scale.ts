/** A value's place on an axis, and where the axis has marks. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

/** From 0 to a round number above `largest`, over `length` pixels. */
export function linear(largest: number, length: number): Scale {
  const step = niceStep(Math.max(largest, 1e-9) / 4);
  const top = Math.ceil(largest / step - 1e-9) * step || step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return Object.assign((value: number) => (value / top) * length, { ticks });
}

/** From `from` to `to` as they are, with marks at round numbers. */
export function spanning(from: number, to: number, length: number): Scale {
  const width = to - from || 1;
  const step = niceStep(width / 8);
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step - 1e-9) * step; tick <= to + step * 1e-6; tick += step) ticks.push(tick);
  return Object.assign((value: number) => ((value - from) / width) * length, { ticks });
}

/** Powers of ten apart, for values that are all above 0; marks are the values given. */
export function logarithmic(values: readonly number[], length: number): Scale {
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  const width = high - low || 1;
  return Object.assign((value: number) => ((Math.log(value) - low) / width) * length, {
    ticks: [...new Set(values)].sort((a, b) => a - b),
  });
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least * 0.999) ?? 10) * power;
}

/** A number as an axis has it: no digits that say nothing. */
export function tickText(value: number): string {
  if (Math.abs(value) >= 10_000) return `${Number((value / 1000).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
