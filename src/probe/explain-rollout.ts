import type { Cause } from '../verdict/cause.ts';
import { explainLoss } from './explain-loss.ts';
import type { Explanation } from './explanation.ts';
import type { SchemeId } from './schemes.ts';

const crossing = 'no call was on its way when a pod said GOAWAY; one that is gets lost without retries';

/** Why none was lost, by how the client picks a pod. */
const kept: Readonly<Record<SchemeId, string>> = {
  'clusterip-http-new-connections': 'every call opened a connection, and new ones go to ready pods only',
  'clusterip-http-keepalive': 'a pod that drains ends the connection with an answer, and the client opens another',
  'clusterip-grpc': crossing,
  'headless-pick-first': crossing,
  'headless-round-robin': crossing,
  'headless-round-robin-max-age': crossing,
  'l7-envoy': 'the proxy was told of pods that go and sent them nothing more before they ended',
  'xds-dns': 'the client was told of pods that go and sent them nothing more before they ended',
  xds: 'the client was told of pods that go and sent them nothing more before they ended',
};

/** Explains what a rolling update cost the clients of a scheme. */
export function explainRollout(scheme: SchemeId, counts: Readonly<Record<Cause, number>>): Explanation {
  return explainLoss(counts) ?? { why: kept[scheme], do: 'nothing' };
}
