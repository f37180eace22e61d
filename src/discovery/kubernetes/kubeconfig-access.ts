import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { EvenkeelError } from '../../base/errors.ts';
import { ExecCredentials } from './exec-credentials.ts';
import type { KubeAccess, KubeRequestOptions } from './kube-request.ts';
import { loadKubeconfigs } from './kubeconfig-files.ts';
import { proxyOf } from './proxy-of.ts';

/**
 * The API server of a kubeconfig: certificates, tokens, commands, OIDC and proxies as kubectl has them.
 *
 * @param paths - several are merged, as kubectl does with `KUBECONFIG`
 * @throws EvenkeelError `EK_KUBE_CONFIG`
 */
export function kubeconfigAccess(
  paths: readonly string[],
  context: string | undefined,
  env: NodeJS.ProcessEnv,
): KubeAccess {
  const file = paths.join(':');
  const config = loadKubeconfigs(paths);
  if (context !== undefined) config.setCurrentContext(context);
  const chosen = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (cluster === null || config.getCurrentUser() === null) {
    const known = config.getContexts().map(({ name }) => name);
    const message =
      chosen === undefined || chosen === ''
        ? 'the kubeconfig has no current context'
        : `the context "${chosen}" does not exist in the kubeconfig, or its cluster or user does not`;
    throw new EvenkeelError('EK_KUBE_CONFIG', message, {
      file,
      hint: `Name one of its contexts with --kube-context: ${known.join(', ') || '(it has none)'}.`,
    });
  }
  const plain = cluster.server.startsWith('http:');
  if (plain) config.clusters = config.clusters.map((one) => (one === cluster ? { ...one, skipTLSVerify: true } : one));
  if (!URL.canParse(cluster.server)) {
    throw new EvenkeelError(
      'EK_KUBE_CONFIG',
      `the cluster "${cluster.name}" has the server "${cluster.server}", which is no URL`,
      { file },
    );
  }
  return accessOf(config, `context ${chosen} of ${file}`, env);
}

/**
 * The same of a kubeconfig that was read before, and whose current context has a cluster.
 *
 * @param origin - where it was found, for people
 * @throws EvenkeelError `EK_KUBE_CONFIG` for a proxy that is none
 */
export function accessOf(config: KubeConfig, origin: string, env: NodeJS.ProcessEnv): KubeAccess {
  const cluster = config.getCurrentCluster()!;
  return {
    server: cluster.server.replace(/\/+$/, ''),
    origin,
    proxy: proxyOf(new URL(cluster.server), cluster.proxyUrl, env),
    async requestOptions() {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      // Its agents are kept for ever with the certificates of their first use.
      const { agent, headers, ...rest } = options;
      return { ...rest, headers: { ...headers } } as KubeRequestOptions;
    },
    refused() {
      const user = config.getCurrentUser();
      if (user !== null) ExecCredentials.refused(user);
    },
  };
}
