import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { EvenkeelError } from '../../base/errors.ts';
import type { KubeAccess } from './kube-request.ts';
import { proxyOf } from './proxy-of.ts';

/** Where the kubelet mounts a pod's service account. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

export function isInCluster(env: NodeJS.ProcessEnv, folder: string): boolean {
  return (env.KUBERNETES_SERVICE_HOST ?? '') !== '' && existsSync(join(folder, 'token'));
}

/** The API server as a pod sees it. Token and CA are read for every request: the kubelet replaces them. */
export function inClusterAccess(env: NodeJS.ProcessEnv, folder: string): KubeAccess {
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  // As client-go. Who names another API server than the cluster's Service sets these two, and the kubelet the rest.
  const port = env.KUBERNETES_SERVICE_PORT || '443';
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    server,
    origin: 'in-cluster',
    proxy: proxyOf(new URL(server), undefined, env),
    async requestOptions() {
      try {
        const [token, ca] = await Promise.all([
          readFile(join(folder, 'token'), 'utf8'),
          readFile(join(folder, 'ca.crt'), 'utf8'),
        ]);
        return { headers: { authorization: `Bearer ${token.trim()}` }, ca };
      } catch (cause) {
        throw new EvenkeelError('EK_KUBE_CONFIG', `the pod's service account in ${folder} cannot be read`, { cause });
      }
    },
  };
}
