/** To two places: a hundredth of a millisecond is more than a timer can tell. */
export function toHundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
