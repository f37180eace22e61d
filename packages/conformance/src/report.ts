import type { Level } from './check.ts';
import type { Variant } from './messages.ts';
import { paragraphs } from './paragraphs.ts';
import type { CheckResult, Outcome } from './suite.ts';

/** What `--json` prints. Fields are added, never changed. */
export interface Report {
  readonly schemaVersion: 1;
  /** As the driver names it. */
  readonly server: string;
  readonly address: string;
  readonly held: number;
  readonly failed: number;
  readonly unsupported: number;
  readonly results: readonly ReportedCheck[];
}

export interface ReportedCheck {
  readonly id: string;
  readonly variant: Variant;
  readonly level: Level;
  /** Heading of the protocol's page, or a gRFC. */
  readonly paragraph: string;
  readonly url: string;
  readonly title: string;
  /** The sentence of the protocol. */
  readonly rule: string;
  readonly outcome: Outcome;
  /** Of what did not hold: what the server did. */
  readonly detail?: string;
}

export function reportOf(server: string, address: string, results: readonly CheckResult[]): Report {
  const count = (outcome: Outcome): number => results.filter((one) => one.outcome === outcome).length;
  return {
    ...{ schemaVersion: 1, server, address },
    ...{ held: count('held'), failed: count('failed'), unsupported: count('unsupported') },
    results: results.map(({ check: { id, variant, level, paragraph, title, rule }, outcome, detail }) => ({
      ...{ id, variant, level, paragraph: paragraphs[paragraph].title, url: paragraphs[paragraph].url },
      ...{ title, rule, outcome },
      ...(detail !== undefined && { detail }),
    })),
  };
}

const width = 80;

const marks: Readonly<Record<Outcome, string>> = { held: 'held', failed: 'FAILED', unsupported: '–' };

/** For a terminal, by paragraph. Of what did not hold it says what was seen, and what the protocol says. */
export function formatReport({ server, address, held, failed, unsupported, results }: Report): string {
  const lines = [`${printable(server)} at ${address}`];
  let paragraph = '';
  for (const [index, one] of results.entries()) {
    const previous = results[index - 1];
    // Where a rule holds in both variants that is one line.
    const isTwin = (other: ReportedCheck | undefined): boolean =>
      other !== undefined && other.title === one.title && other.outcome === 'held' && one.outcome === 'held';
    if (isTwin(previous)) continue;
    if (one.paragraph !== paragraph) lines.push('', one.paragraph);
    paragraph = one.paragraph;
    const variants = isTwin(results[index + 1]) ? 'both' : one.variant;
    const head = `${marks[one.outcome].padEnd(6)} ${one.level.padEnd(6)} ${variants.padEnd(6)}`;
    lines.push(...wrap(`  ${head}`, one.title, 23));
    if (one.detail === undefined) continue;
    lines.push(...wrap(`${' '.repeat(17)}seen:`, printable(one.detail), 23));
    if (one.outcome === 'failed') lines.push(...wrap(`${' '.repeat(17)}rule:`, one.rule, 23));
  }
  const must = results.filter(({ outcome, level }) => outcome === 'failed' && level === 'MUST').length;
  const parts = [`${held} held`, `${failed} failed${failed === 0 ? '' : ` (${must} of them a MUST)`}`];
  if (unsupported > 0) parts.push(`${unsupported} unsupported`);
  return [...lines, '', parts.join(', ')].join('\n');
}

/** What servers and drivers say is data: one line of it, without what moves a cursor. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ').slice(0, 500);
}

/** Text behind a head, its further lines indented. */
function wrap(head: string, text: string, indent: number): string[] {
  const lines = [head];
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + 1 + word.length > width) lines.push(' '.repeat(indent - 1));
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines;
}
