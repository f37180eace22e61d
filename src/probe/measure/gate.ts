import type { Command } from 'commander';
import { EvenkeelError } from '../../base/errors.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import { exactMs, formatMs, parseDuration } from './duration.ts';

/** What a run must show for the exit code 0; absent members are not asked for. */
export interface Gate {
  readonly expect?: 'balanced' | undefined;
  /** A number of calls, or a part of them from 0 to 100. */
  readonly maxFailed?: { readonly calls: number } | { readonly percent: number } | undefined;
  readonly maxConvergeMs?: number | undefined;
  readonly maxP99Ms?: number | undefined;
}

export interface RawGate {
  readonly expect?: string;
  readonly maxFailed?: string;
  readonly maxConverge?: string;
  readonly maxP99?: string;
}

/** One expectation and what was seen. */
export interface Check {
  readonly expectation: string;
  readonly met: boolean;
  readonly seen: string;
}

/** What the checks look at. */
export interface Seen {
  /** For the message; empty where there is only one. */
  readonly of?: string | undefined;
  readonly verdict: Verdict | 'unmeasured';
  readonly why: string;
  readonly calls: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Calls that never left this program; default: 0. */
  readonly notSent?: number | undefined;
  /** Of all calls; `lost`: that call got no answer; null: there was no call. */
  readonly p99Ms: number | 'lost' | null;
  /** Undefined: no backend came or went; null: the client did not follow. */
  readonly convergedMs: number | null | undefined;
}

/** Adds the flags that {@link parseGate} reads. */
export function addGateOptions<C extends Command>(command: C): C {
  command
    .option('--expect <verdict>', 'gate: exit 1 unless the verdict is "balanced"')
    .option('--max-failed <n>', 'gate: exit 1 if more calls fail; 5, or 0.1%')
    .option('--max-converge <time>', 'gate: exit 1 if backends that come or go are followed later')
    .option('--max-p99 <time>', 'gate: exit 1 if more than one call of a hundred takes longer or fails');
  return command;
}

/** Undefined where nothing is expected. @throws EvenkeelError `EK_USAGE` */
export function parseGate(raw: RawGate): Gate | undefined {
  if (raw.expect !== undefined && raw.expect !== 'balanced') {
    throw new EvenkeelError('EK_USAGE', `"${raw.expect}" is nothing that can be expected`, {
      field: '--expect',
      hint: 'Write --expect balanced.',
    });
  }
  const gate: Gate = {
    expect: raw.expect,
    maxFailed: raw.maxFailed === undefined ? undefined : parseMaxFailed(raw.maxFailed),
    maxConvergeMs: raw.maxConverge === undefined ? undefined : parseDuration(raw.maxConverge, '--max-converge'),
    maxP99Ms: raw.maxP99 === undefined ? undefined : parseDuration(raw.maxP99, '--max-p99'),
  };
  return Object.values(gate).some((value) => value !== undefined) ? gate : undefined;
}

function parseMaxFailed(text: string): NonNullable<Gate['maxFailed']> {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percent !== null && Number(percent[1]) <= 100) return { percent: Number(percent[1]) };
  if (/^\d{1,9}$/.test(text)) return { calls: Number(text) };
  throw new EvenkeelError('EK_USAGE', `"${text}" is no number of calls`, {
    field: '--max-failed',
    hint: 'Write a number, --max-failed 0, or a share, --max-failed 0.1%.',
  });
}

/**
 * Holds what was seen against what is expected; pure. What could not be judged is not met: a gate that lets an empty run
 * pass is none.
 */
export function check(gate: Gate, seen: Seen): Check[] {
  const of = seen.of === undefined ? '' : `${seen.of}: `;
  const { notSent = 0 } = seen;
  const unsent = notSent === 0 ? '' : `, ${notSent} more never left this program`;
  const checks: Check[] = [];
  if (gate.expect !== undefined) {
    const met = seen.verdict === gate.expect;
    checks.push({ expectation: `${of}balanced`, met, seen: met ? seen.verdict : `${seen.verdict}, ${seen.why}` });
  }
  if (gate.maxFailed !== undefined) {
    const most = mostFailed(gate.maxFailed, seen.calls);
    const asked = 'calls' in gate.maxFailed ? `${most} calls` : `${gate.maxFailed.percent} % of calls`;
    const statuses = Object.entries(seen.failures).map(([status, count]) => `${status} ${count}`);
    const failed = `${seen.failed} of ${seen.calls}${statuses.length === 0 ? '' : ` (${statuses.join(', ')})`}`;
    checks.push({
      expectation: `${of}at most ${asked} fail`,
      // What was never sent says nothing for the target, and nothing against it.
      met: seen.calls > 0 && seen.failed + notSent <= most,
      seen: `${failed}${unsent}`,
    });
  }
  if (gate.maxP99Ms !== undefined) {
    const { p99Ms } = seen;
    checks.push({
      expectation: `${of}p99 at most ${exactMs(gate.maxP99Ms)}`,
      met: typeof p99Ms === 'number' && p99Ms <= gate.maxP99Ms,
      seen:
        p99Ms === null
          ? 'no call was made'
          : p99Ms === 'lost'
            ? `no answer to more than 1 of 100 calls: ${seen.failed} of ${seen.calls} failed${unsent}`
            : besideLimit(p99Ms, gate.maxP99Ms),
    });
  }
  if (gate.maxConvergeMs !== undefined) {
    const { convergedMs } = seen;
    checks.push({
      expectation: `${of}changes of backends are followed within ${exactMs(gate.maxConvergeMs)}`,
      met: typeof convergedMs === 'number' && convergedMs <= gate.maxConvergeMs,
      seen:
        convergedMs === undefined
          ? 'no backend came or went during the run'
          : convergedMs === null
            ? 'not followed before the run ended'
            : besideLimit(convergedMs, gate.maxConvergeMs),
    });
  }
  return checks;
}

/** Whole calls: 0.7 % of 1,000 are 7, though the product of these numbers is a little less. */
function mostFailed(allowed: NonNullable<Gate['maxFailed']>, calls: number): number {
  return 'calls' in allowed ? allowed.calls : Math.floor((allowed.percent * calls) / 100 + 1e-6);
}

/** Rounded, unless it would then read like the limit that it is beside. */
function besideLimit(ms: number, limitMs: number): string {
  return formatMs(ms) === formatMs(limitMs) ? exactMs(ms) : formatMs(ms);
}

/** The last line of a gated run. */
export function gateLine(checks: readonly Check[]): string {
  const unmet = checks.filter(({ met }) => !met);
  if (unmet.length === 0) return `gate passed: ${checks.map(({ expectation }) => expectation).join('; ')}`;
  return `gate failed: ${unmet.map(({ expectation, seen }) => `expected ${expectation}, saw ${seen}`).join('; ')}`;
}
