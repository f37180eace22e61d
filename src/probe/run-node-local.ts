import { list } from '../base/words.ts';
import type { Fixture } from './fixture.ts';
import type { ProofOptions } from './options.ts';
import { type Progress, silentProgress } from './progress.ts';
import type { NodeLocalRow, Report, SchemeRow } from './report.ts';
import { runProof } from './run-proof.ts';
import { unmeasured } from './unmeasured.ts';

/** `externalTrafficPolicy` of a Service, in the order in which they are measured. */
export const policies = ['Cluster', 'Local'] as const;
export type Policy = (typeof policies)[number];

/** A connection for each call, so that what is seen is how connections are spread. */
const scheme = 'clusterip-http-new-connections';

/**
 * Calls the same backends through a balancer that spreads connections by pod and through one that does by node.
 *
 * @param fixtureOf - the fixture whose target spreads in that way; its backends say on which node they are
 * @param signal - as of {@link runProof}
 */
export async function runNodeLocal(
  fixtureOf: (policy: Policy) => Fixture,
  options: ProofOptions,
  progress: Progress = silentProgress,
  signal?: AbortSignal,
): Promise<Report> {
  const alone = { ...options, schemes: [scheme], scaleTo: options.replicas, rollingUpdate: false } as const;
  const cluster = await runProof(fixtureOf('Cluster'), alone, progress, signal);
  const local = cluster.interrupted ? undefined : await runProof(fixtureOf('Local'), alone, progress, signal);
  const nodeLocal = [
    policyRow(cluster.schemes[0]!, 'Cluster'),
    policyRow(local?.schemes[0] ?? unmeasured(scheme), 'Local'),
  ];
  return {
    ...cluster,
    durationMs: cluster.durationMs + (local?.durationMs ?? 0),
    interrupted: local?.interrupted ?? true,
    schemes: [],
    nodeLocal,
    conclusion: conclude(nodeLocal),
  };
}

/** The row of a scheme as one of a policy, with the cause of what a spread by node does. */
export function policyRow(row: SchemeRow, policy: Policy): NodeLocalRow {
  if (row.status !== 'ok' || policy === 'Cluster' || row.verdict === 'balanced') return { ...row, policy };
  return {
    ...row,
    policy,
    why: 'a node is chosen first and then one of its pods: where pods are few, each gets more',
    do: 'put as many pods on every node (topologySpreadConstraints), or use externalTrafficPolicy: Cluster',
  };
}

function conclude(rows: readonly NodeLocalRow[]): string {
  const sentences = rows.map((row) => {
    if (row.status !== 'ok') return `externalTrafficPolicy: ${row.policy} was not measured.`;
    const total = row.backends.byNode.reduce((sum, { calls }) => sum + calls, 0);
    const shares = row.backends.byNode.map(
      ({ name, pods, calls }) => `${((100 * calls) / total / pods).toFixed(1)} % on ${name}`,
    );
    return `With externalTrafficPolicy: ${row.policy} a pod gets ${list(shares)}.`;
  });
  return sentences.join(' ');
}
