/** A figure with a bar beside it, as long as its part of the largest. */
export function Bar({
  value,
  most,
  text,
  tone,
  mark,
}: {
  value: number;
  most: number;
  text: string;
  tone?: string | undefined;
  /** Where a line is drawn across, such as the even share. */
  mark?: number | undefined;
}) {
  const part = (of: number): string => `${Math.min(100, most <= 0 ? 0 : (of / most) * 100).toFixed(1)}%`;
  return (
    <span class={`bar ${tone ?? ''}`}>
      <span class="track" aria-hidden="true">
        <i style={{ width: part(value) }} />
        {mark !== undefined && most > 0 && <b style={{ left: part(mark) }} />}
      </span>
      <span class="value">{text}</span>
    </span>
  );
}
