/**
 * The line of a sparkline as the `d` of an SVG path: as wide as the steps that there can be, the newest at the right. Pure.
 *
 * @param most - steps that fill the width
 * @param top - value at the upper edge; default: the largest
 */
export function sparkPath(
  values: readonly number[],
  width: number,
  height: number,
  most: number,
  top = Math.max(1, ...values),
): string {
  if (values.length < 2) return '';
  const step = width / (most - 1);
  const start = width - (values.length - 1) * step;
  return values
    .map((value, index) => {
      const x = start + index * step;
      const y = height - 1 - (value / top) * (height - 2);
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
