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
  const fallback = join(env.HOME ?? homedir(), '.kube', 'config');
  if (named === undefined && !existsSync(fallback)) {
    throw new EvenkeelError(
      'EK_KUBE_CONFIG',
      `no Kubernetes API server was found: no KUBECONFIG, no ${fallback}, and this is no pod with a service account`,
    );
  }
  const paths = (named ?? fallback).split(delimiter).filter((path) => path !== '');
  // Loaded when needed: it is most of the memory that discovery takes, and pods do without.
  const { kubeconfigAccess } = await import('./kubeconfig-access.ts');
  return kubeconfigAccess(paths, context, env);
}
