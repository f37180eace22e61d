import { type LoadView, portKey } from '../load/load-view.ts';

/** Whether real traffic is even. */
export interface LiveGate {
  readonly met: boolean;
  /** One sentence. */
  readonly conclusion: string;
}

/**
 * The verdict of real traffic as a gate. It is met where a Service is balanced and none is not; a Service with too few calls
 * for a verdict counts neither way, unless it was asked for by name. Pure.
 *
 * @param wanted - names that were asked for, as they were written
 */
export function liveGate({ services }: LoadView, wanted: readonly string[]): LiveGate {
  const named = (verdicts: readonly string[]): string[] =>
    services
      .filter(({ verdict }) => verdicts.includes(verdict))
      .map((service) => `${portKey(service)} is ${service.verdict}`);
  const uneven = named(['skewed', 'partial', 'pinned']);
  const undecided = named(['inconclusive']);
  const balanced = services.length - uneven.length - undecided.length;
  if (uneven.length > 0) return { met: false, conclusion: `Not even: ${uneven.join(', ')}.` };
  if (wanted.length > 0 && services.length === 0) {
    return { met: false, conclusion: `No client has reported a call to ${wanted.join(', ')}.` };
  }
  if (wanted.length > 0 && undecided.length > 0) {
    return { met: false, conclusion: `Too few calls for a verdict: ${undecided.join(', ')}.` };
  }
  if (balanced === 0) return { met: false, conclusion: 'No Service has enough reported calls for a verdict.' };
  const rest = undecided.length === 0 ? '' : ` ${undecided.length} had too few calls for a verdict.`;
  return { met: true, conclusion: `Even: ${balanced} of ${services.length} Services are balanced.${rest}` };
}
