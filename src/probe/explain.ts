import type { Cause } from '../verdict/cause.ts';
import { minimumCalls, type Verdict } from '../verdict/verdict.ts';
import { explainLoss } from './explain-loss.ts';
import type { Explanation } from './explanation.ts';
import type { SchemeId } from './schemes.ts';

/** What each scheme is expected to show, and why. Anything else is explained by the verdict alone. */
const expected: Readonly<Record<SchemeId, Explanation & { readonly verdict: Verdict }>> = {
  'clusterip-http-new-connections': {
    verdict: 'balanced',
    why: 'the Service picks a pod for each connection at random, and every call opened one',
    do: 'keep it where calls are few; a connection for each call costs a round trip and a port',
  },
  'clusterip-http-keepalive': {
    verdict: 'pinned',
    why: 'the Service picks a pod for each connection, and this client keeps one open',
    do: 'balance by call: an L7 proxy, or a client that knows every pod',
  },
  'clusterip-grpc': {
    verdict: 'pinned',
    why: 'gRPC sends every call over one connection, and the Service picks a pod only for a new one',
    do: 'use xds:/// or a headless Service with round_robin; a ClusterIP cannot balance gRPC',
  },
  'headless-pick-first': {
    verdict: 'pinned',
    why: 'DNS names every pod, and pick_first, the default policy, stays with the first that it reaches',
    do: 'set loadBalancingConfig to round_robin in the service config, or use xds:///',
  },
  'headless-round-robin': {
    verdict: 'balanced',
    why: 'the client connects to every pod that DNS named and takes them in turn',
    do: 'fine while pods stay; see the scale-out for what it does not notice',
  },
  'headless-round-robin-max-age': {
    verdict: 'balanced',
    why: 'the client connects to every pod that DNS named and takes them in turn',
    do: 'fine where pods come rarely: new ones are seen when a connection reaches its age',
  },
  'l7-envoy': {
    verdict: 'balanced',
    why: 'the proxy takes the connection and picks a pod for every call',
    do: 'fine where a hop and a proxy to run are no matter; xds:/// needs neither',
  },
  'xds-dns': {
    verdict: 'balanced',
    why: 'the control plane names every pod and the client takes them in turn',
    do: 'fine; a control plane that is told of changes instead of asking DNS follows them sooner',
  },
  xds: {
    verdict: 'balanced',
    why: 'the control plane names every pod and the client takes them in turn',
    do: 'nothing: this is the way to go',
  },
};

/** Explains the verdict on a scheme. */
export function explainVerdict(
  scheme: SchemeId,
  verdict: Verdict,
  seen: { readonly expected: number; readonly reached: number; readonly answered: number },
): Explanation {
  const usual = expected[scheme];
  if (usual.verdict === verdict) return { why: usual.why, do: usual.do };
  switch (verdict) {
    case 'balanced':
      return { why: 'every pod got its share', do: 'nothing' };
    case 'skewed':
      return {
        why: 'every pod was reached, but the shares differ by more than chance explains',
        do: 'look for weights, slow pods, or clients with few connections; make more calls to be sure',
      };
    case 'partial':
      return {
        why: `only ${seen.reached} of ${seen.expected} pods were reached`,
        do: 'look for pods that the client cannot connect to, or that its resolver does not name',
      };
    case 'pinned':
      return {
        why: `one of ${seen.expected} pods got every call`,
        do: 'look for pods that the client cannot connect to, or that its resolver does not name',
      };
    case 'inconclusive':
      return seen.expected < 2
        ? { why: 'there is only one pod: nothing to spread', do: 'start more pods with --replicas' }
        : {
            why: `${seen.answered} answered calls are too few for ${seen.expected} pods`,
            do: `make at least ${minimumCalls(seen.expected)} calls with --calls`,
          };
  }
}

interface Follow {
  readonly followed: string;
  readonly not: string;
  readonly do: string;
}

/** How each scheme learns of pods. */
const learning: Readonly<Partial<Record<SchemeId, Follow>>> = {
  'headless-round-robin': {
    followed: 'a connection broke, so the client resolved the name again',
    not: 'gRPC resolves a name again only when a connection breaks, and none did',
    do: 'give the servers a MaxConnectionAge, or use xds:///',
  },
  'headless-round-robin-max-age': {
    followed: 'servers close connections at their age, and the client then resolves the name again',
    not: 'no connection reached its age, or DNS was asked too recently',
    do: 'shorten MaxConnectionAge, or use xds:///',
  },
  'l7-envoy': {
    followed: 'the proxy was told of the change',
    not: 'the proxy was not told of the change',
    do: 'check what feeds the proxy its endpoints',
  },
  'xds-dns': {
    followed: 'the control plane asks DNS again and again and pushes what is new',
    not: 'DNS had not told the control plane yet',
    do: 'shorten the interval, or use a source that is told of changes',
  },
  xds: {
    followed: 'the control plane was told of the change and pushed it',
    not: 'the change did not come through the control plane',
    do: 'check the control plane: /readyz and /config_dump on its admin port',
  },
};

/** Explains how a client followed a change. */
export function explainChange(
  scheme: SchemeId,
  kind: 'scale-out' | 'scale-in',
  seen: { readonly converged: boolean; readonly lost: Readonly<Record<Cause, number>> },
): Explanation {
  const how = learning[scheme];
  if (!seen.converged) {
    return { why: how?.not ?? 'the client was not told of the change', do: how?.do ?? 'check its resolver' };
  }
  const loss = explainLoss(seen.lost);
  if (loss !== undefined) return loss;
  if (kind === 'scale-in' && scheme === 'headless-round-robin') {
    return {
      why: 'a pod that ends says so on its connections (GOAWAY), and the client turns to the others',
      do: 'nothing, as long as pods drain before they end',
    };
  }
  return { why: how?.followed ?? 'the client followed', do: 'nothing' };
}
