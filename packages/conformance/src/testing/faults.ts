/**
 * What the server for controls can do wrong, one thing at a time, and the checks that notice it: exactly these. Names
 * without a variant are of both. Some rules follow from others, so some faults are noticed more than once.
 */
export const faults = {
  'no-nonce': ['nonces', 'sotw/stale-nonce'],
  'node-forgotten': ['node-once'],
  'second-change-lost': ['change-sent', 'streams-apart'],
  'nack-cuts-others': ['streams-apart'],
  'version-kept': ['sotw/version-changes'],
  'resource-version-kept': ['delta/resource-version-changes', 'delta/reconnect-change'],
  'endpoints-resend-listeners': ['types-apart'],
  'ack-answered': ['ack-quiet'],
  'first-nack-answered': ['nack-first-quiet'],
  'later-nack-answered': ['nack-quiet'],
  'nack-ends-type': ['nack-then-good'],
  'nack-blocks-all': ['nack-other-types'],
  'stale-nonce-taken': ['sotw/stale-nonce'],
  'stale-nonce-refused': ['delta/stale-nonce-heard'],
  'same-names-answered': ['sotw/same-names-quiet'],
  'ack-names-ignored': ['sotw/names-while-waiting'],
  'others-changes-sent': ['others-changes'],
  'subset-unanswered': ['by-name'],
  'one-name-a-request': ['several-names'],
  'added-unsent': ['names-added'],
  'sent-forever': ['subscribed-again'],
  'no-legacy-wildcard': ['wildcard-legacy', 'wildcard-kept'],
  'star-is-a-name': ['wildcard-star'],
  'name-ends-wildcard': ['wildcard-kept'],
  'wildcard-forever': ['wildcard-ended'],
  'empty-is-wildcard': ['names-emptied'],
  'unsubscribe-ignored': ['unsubscribed'],
  duplicates: ['no-duplicates'],
  'known-not-resent': ['delta/sent-again'],
  'phantom-ends-stream': ['delta/phantom-unsubscription'],
  'given-up-unanswered': ['delta/named-under-wildcard'],
  'odd-names-unknown': ['sotw/grpc-channel'],
  'all-routes': ['sotw/no-other-routes'],
  'unknown-type-ends': ['unknown-type'],
  'partial-state': ['sotw/full-state'],
  'all-again': ['delta/only-changed'],
  'deletions-unsent': ['sotw/deleted', 'delta/removed'],
  'missing-unanswered': ['delta/missing-named'],
  'missing-forgotten': ['created-later'],
  'deleted-forgotten': ['deleted-and-back'],
  'version-believed': ['sotw/reconnect-new-name'],
  'client-believed': ['reconnect-change'],
  'initial-versions-ignored': ['delta/reconnect-same'],
  'gone-unnamed': ['delta/reconnect-gone'],
  'routes-first': ['make-before-break'],
  'stale-cluster-first': ['stale-cluster-last'],
  'no-warming': ['warming'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Fault = keyof typeof faults;

export const faultNames = Object.keys(faults) as Fault[];

/** Ids of the checks that notice a fault. */
export function noticing(fault: Fault): string[] {
  return faults[fault].flatMap((name) => (name.includes('/') ? [name] : [`sotw/${name}`, `delta/${name}`])).sort();
}
