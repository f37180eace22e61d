import type { Progress } from '../../probe/index.ts';
import type { Cluster } from './connect.ts';
import { findLeftovers } from './namespace.ts';

/**
 * Says what earlier proofs have left, and which still run and so take processor time from this one. Whoever may not list
 * namespaces is told nothing: a proof needs no such right.
 */
export async function noteLeftovers(cluster: Cluster, progress: Pick<Progress, 'note'>): Promise<void> {
  const leftovers = await findLeftovers(cluster).catch(() => []);
  for (const { namespace } of leftovers.filter(({ running }) => running)) {
    progress.note(`another proof runs in ${namespace} and is part of what is measured; should nobody wait for it:`);
    progress.note(`  kubectl delete namespace ${namespace}`);
  }
  const left = leftovers.filter(({ running }) => !running).map(({ namespace }) => namespace);
  if (left.length > 0) progress.note(`earlier runs have left ${left.join(', ')}; evenkeel prove --clean deletes that`);
}
