import type { Check } from '../measure/gate.ts';
import { htmlTable, type Section } from './page.ts';

/** What was expected, beside what was seen. */
export function gateSection(gate: readonly Check[]): Section {
  const rows = gate.map(({ expectation, met, seen }) => [
    { text: expectation, wrap: true } as const,
    { text: met ? 'met' : 'not met', tone: met ? 'good' : 'bad' } as const,
    { text: seen, wrap: true } as const,
  ]);
  const title = gate.every(({ met }) => met) ? 'The gate: passed' : 'The gate: failed';
  return { title, html: htmlTable(['expected', '', 'seen'], rows) };
}
