import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { EvenkeelError } from '../../base/errors.ts';
import { inClusterAccess, isInCluster, serviceAccountFolder } from './in-cluster-access.ts';
import type { KubeAccess } from './kube-request.ts';

export interface KubeAccessOptions {
  /** Path of a kubeconfig. Default: `$KUBECONFIG`, else the pod's service account, else `~/.kube/config`. */
  readonly kubeconfig?: string | undefined;
  /** Context of the kubeconfig. Default: its current one. */
  readonly context?: string | undefined;
  /** Default: the process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Default: where the kubelet mounts it. */
  readonly serviceAccount?: string | undefined;
}

/**
 * Finds the API server, in the order of client-go's controllers.
 *
 * @throws EvenkeelError `EK_KUBE_CONFIG` where there is none, or its kubeconfig cannot be used
 */
export async function findKubeAccess({
  kubeconfig,
  context,
  env = process.env,
  serviceAccount = serviceAccountFolder,
}: KubeAccessOptions): Promise<KubeAccess> {
  const named = kubeconfig ?? (env.KUBECONFIG === '' ? undefined : env.KUBECONFIG);
  if (named === undefined && context === undefined && isInCluster(env, serviceAccount)) {
    return inClusterAccess(env, serviceAccount);
  }
  const paths = named === undefined ? kubeconfigPaths(env) : listOf(named);
  if (paths === undefined) {
    throw new EvenkeelError(
      'EK_KUBE_CONFIG',
      `no Kubernetes API server was found: no KUBECONFIG, no ${homeKubeconfig(env)}, and this is no pod with a service account`,
    );
  }
  // Loaded when needed: it is most of the memory that discovery takes, and pods do without.
  const { kubeconfigAccess } = await import('./kubeconfig-access.ts');
  return kubeconfigAccess(paths, context, env);
}

/** The kubeconfigs that kubectl reads: those of `KUBECONFIG`, else the one in the home folder; undefined where there is none. */
export function kubeconfigPaths(env: NodeJS.ProcessEnv): readonly string[] | undefined {
  if (env.KUBECONFIG) return listOf(env.KUBECONFIG);
  const path = homeKubeconfig(env);
  return existsSync(path) ? [path] : undefined;
}

function homeKubeconfig(env: NodeJS.ProcessEnv): string {
  return join(env.HOME ?? homedir(), '.kube', 'config');
}

function listOf(paths: string): string[] {
  return paths.split(delimiter).filter((path) => path !== '');
}
