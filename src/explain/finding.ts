/** What is the matter, as a word that stays the same. */
export type FindingKind =
  | 'malformed-target'
  | 'not-xds'
  | 'control-plane-not-ready'
  | 'control-plane-silent'
  | 'control-planes-differ'
  | 'source-fails'
  | 'namespace-forbidden'
  | 'no-such-service'
  | 'no-such-port'
  | 'not-served'
  | 'service-rejected'
  | 'no-endpoints'
  | 'no-ready-endpoints'
  | 'no-local-endpoints'
  | 'all-unhealthy'
  | 'terminating-only'
  | 'endpoints-left-out'
  | 'planned'
  | 'not-grpc'
  | 'client-rejected'
  | 'client-stale'
  | 'client-not-sent'
  | 'client-not-connected'
  | 'client-asks-for-other'
  | 'nobody-asks';

/** One thing that was found. */
export interface Finding {
  readonly kind: FindingKind;
  /** `fault`: calls fail, or do not get there; `warning`: something is not as it should be; `note`: good to know. */
  readonly severity: 'fault' | 'warning' | 'note';
  /** A sentence. */
  readonly text: string;
  /** What to do about it; absent: nothing, or the sentence says it. */
  readonly action?: string | undefined;
}

/** Faults first; of one severity what was found first. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  const order = ['fault', 'warning', 'note'];
  return findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}
