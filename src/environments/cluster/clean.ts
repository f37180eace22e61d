import { createProgress } from '../../probe/index.ts';
import { connect } from './connect.ts';
import { deleteNamespace, findLeftovers } from './namespace.ts';

/** Deletes what proofs have left that were kept or killed; those that run are left alone. The answer is the exit code. */
export async function cleanCluster(context: string | undefined, json: boolean): Promise<number> {
  const progress = createProgress(process.stderr);
  const cluster = await connect(context);
  const leftovers = await findLeftovers(cluster);
  const deleted: string[] = [];
  const running = leftovers.filter((leftover) => leftover.running).map(({ namespace }) => namespace);
  for (const { namespace } of leftovers.filter((leftover) => !leftover.running)) {
    progress.step(`deleting namespace ${namespace}`);
    if (!(await deleteNamespace(cluster, namespace))) {
      progress.note(`namespace ${namespace} is still being deleted`);
    }
    deleted.push(namespace);
  }
  progress.end();
  if (json) console.log(JSON.stringify({ deleted, running }));
  else {
    console.log(deleted.length === 0 ? 'no proof has left anything' : `deleted: ${deleted.join(', ')}`);
    for (const namespace of running) {
      console.log(`still running, left alone: ${namespace} (to end it: kubectl delete namespace ${namespace})`);
    }
  }
  return 0;
}
