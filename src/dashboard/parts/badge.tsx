import type { Tone } from '../model/service-list.ts';

const signs: Readonly<Record<Tone, string>> = { bad: '▲', warn: '◆', good: '●', idle: '○' };

/** A word with a colour, and a sign for those who do not see the colour. */
export function Badge({ tone, text, title }: { tone: Tone; text: string; title?: string | undefined }) {
  return (
    <span class={`badge ${tone}`} title={title}>
      <span aria-hidden="true">{signs[tone]}</span> {text}
    </span>
  );
}
