import { type TypeStatus, typeUrls } from '@evenkeel/xds';
import type { ClientState } from './client-states.ts';
import { typeLabel } from './type-label.ts';

/** A name that a client asks for and does not get. */
export interface MissingName {
  /** As `typeLabel` has it. */
  readonly type: string;
  readonly name: string;
  readonly reason: string;
}

/** A change that is this young is on its way, which is how it should be. */
const staleAfterMs = 1_000;
const namesTold = 3;

/**
 * The state of a client and one sentence that says why.
 *
 * @param missing - what it asks for and does not get, as far as that is known
 */
export function clientStateOf(
  types: readonly TypeStatus[],
  missing: readonly MissingName[],
): { readonly state: ClientState; readonly why: string } {
  for (const { typeUrl, rejection, ackedVersion } of types) {
    if (rejection === undefined) continue;
    const what = `${resourcesOf(typeUrl)} (${some(rejection.names)})`;
    const rest = ackedVersion === undefined ? 'it has none that it could go on with' : 'it goes on with what it had';
    return {
      state: 'REJECTED',
      why: `rejected ${what} ${seconds(rejection.agoMs)} ago, ${rest}: ${inOneLine(rejection.message)}`,
    };
  }
  for (const { typeUrl, unansweredMs = 0, pending } of types) {
    if (unansweredMs < staleAfterMs) continue;
    const waiting = pending === 0 ? '' : `; changes of ${pending} more wait for that`;
    return {
      state: 'STALE',
      why: `has not answered the ${resourcesOf(typeUrl)} that were sent ${seconds(unansweredMs)} ago${waiting}`,
    };
  }
  const [first] = missing;
  if (first !== undefined) {
    const more = missing.length === 1 ? '' : `, and ${missing.length - 1} more`;
    return { state: 'NOT SENT', why: `asks for ${first.name}, which it does not get: ${first.reason}${more}` };
  }
  return { state: 'SYNCED', why: syncedBecause(types) };
}

function syncedBecause(types: readonly TypeStatus[]): string {
  if (types.every(({ names, wildcard }) => names === 0 && !wildcard)) return 'asks for nothing';
  if (types.some(({ unansweredMs, pending }) => unansweredMs !== undefined || pending > 0)) {
    return 'is being sent a change';
  }
  return 'has acknowledged everything that it asks for';
}

const plurals: Readonly<Record<string, string>> = {
  [typeUrls.listener]: 'listeners',
  [typeUrls.route]: 'routes',
  [typeUrls.cluster]: 'clusters',
  [typeUrls.endpoint]: 'endpoints',
};

function resourcesOf(typeUrl: string): string {
  return plurals[typeUrl] ?? `resources of ${typeLabel(typeUrl)}`;
}

/** The words of a client without line breaks, and without the resource that an Envoy prints before what is wrong with it. */
function inOneLine(message: string): string {
  return message
    .replace(/^goo\.gle\/debug[\s\S]*\n: (?=Proto constraint)/, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function some(names: readonly string[]): string {
  const rest = names.length - namesTold;
  return `${names.slice(0, namesTold).join(', ')}${rest > 0 ? ', …' : ''}`;
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`;
}
