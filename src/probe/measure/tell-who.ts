import { counted, listSome } from '../../base/words.ts';
import type { ProbeReport } from './report.ts';

const sources = {
  flag: '--backends',
  dns: 'DNS',
  endpointslices: 'EndpointSlices',
  xds: 'xDS',
  target: 'the target',
  answers: 'nobody',
} as const;

/** Names that are printed one by one. */
const mostNames = 5;

/** By what it is known who answered, and how many did of those that ought to. */
export function tellWho({ identifier, backends }: ProbeReport): string {
  const by = `${identifier.by}${identifier.found ? ` (found: ${identifier.why})` : ''}`;
  if (backends.expected === null) return `${by}; ${backends.reached} answered, how many there are is not known`;
  const known = `${backends.reached} of ${backends.expected} answered, known from ${sources[backends.source]}`;
  return `${by}; ${known}${backends.matched === 'count' ? ', counted and not compared' : ''}`;
}

/** Who is missing, and who is not expected; one entry for each that there is. */
export function tellStrangers({ backends: { silent, unexpected } }: ProbeReport): [string, string][] {
  return [
    ...(silent.length === 0 ? [] : [['none', `from ${listSome(silent, mostNames)}, expected`] as [string, string]]),
    ...(unexpected.length === 0
      ? []
      : [['from', `${listSome(unexpected, mostNames)}, not expected`] as [string, string]]),
  ];
}

/** What else was asked of the target, beside the calls that count. */
export function tellOthers({ otherCalls: { samples, reflection }, warmupCalls }: ProbeReport): string {
  return [
    `${counted(samples, 'call')} to find out who answers`,
    ...(warmupCalls === 0 ? [] : [`${counted(warmupCalls, 'call')} of warm-up`]),
    ...(reflection ? ['reflection'] : []),
  ].join(', ');
}
