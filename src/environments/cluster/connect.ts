import { KubeConfig, VersionApi } from '@kubernetes/client-node';
import { EvenkeelError } from '../../base/errors.ts';
import { kubeconfigPaths } from '../../discovery/kubernetes/kube-access.ts';
import { loadKubeconfigs } from '../../discovery/kubernetes/kubeconfig-files.ts';
import { withProxy } from '../../discovery/kubernetes/proxy-of.ts';
import { apiError, neverAnswered, statusOf } from './api-error.ts';

/** A cluster whose API answers. */
export interface Cluster {
  readonly config: KubeConfig;
  readonly context: string;
  /** Address of the API server. */
  readonly server: string;
  /** `v1.34.2` */
  readonly version: string;
}

/** How long the API may take for its first answer. */
const firstAnswerMs = 10_000;

const howToGet =
  'Set KUBECONFIG or write ~/.kube/config; with kind: kind create cluster. `kubectl version` must answer.';

/**
 * Reads the kubeconfig as kubectl does (`KUBECONFIG`, `~/.kube/config`, the account of the pod this runs in) and asks the
 * API for its version.
 *
 * @throws EvenkeelError `EK_KUBE_CONFIG` there is none, or no such context; `EK_PROVE_CLUSTER` it does not answer
 */
export async function connect(context?: string): Promise<Cluster> {
  const config = loadConfig(context);
  const server = config.getCurrentCluster()!.server;
  const asked = config.makeApiClient(VersionApi).getCode();
  const impatience = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => impatience.reject(new Error(`no answer within ${firstAnswerMs / 1000} s`)),
    firstAnswerMs,
  );
  try {
    const { gitVersion } = await Promise.race([asked, impatience.promise]);
    return { config, context: config.getCurrentContext(), server, version: gitVersion };
  } catch (thrown) {
    throw statusOf(thrown) === undefined ? neverAnswered(thrown, server) : apiError(thrown, 'tell its version', server);
  } finally {
    clearTimeout(timer);
    asked.catch(() => {});
  }
}

function loadConfig(context: string | undefined): KubeConfig {
  const paths = kubeconfigPaths(process.env);
  const config = paths === undefined ? new KubeConfig() : loadKubeconfigs(paths);
  if (paths === undefined) config.loadFromDefault();
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name);
    if (!known.includes(context)) {
      throw new EvenkeelError('EK_KUBE_CONFIG', `the kubeconfig has no context "${context}"`, {
        field: '--context',
        hint: known.length === 0 ? howToGet : `It has: ${known.join(', ')}.`,
      });
    }
    config.setCurrentContext(context);
  }
  // Where it finds nothing, the library makes up a cluster on localhost:8080 that nobody has named.
  const madeUp = config.getCurrentContext() === 'loaded-context' && config.getCurrentUser()?.name === 'user';
  if (madeUp || config.getCurrentCluster() === null) {
    throw new EvenkeelError(
      'EK_KUBE_CONFIG',
      madeUp ? 'there is no kubeconfig' : 'the kubeconfig names no current context that has a cluster',
      { hint: howToGet },
    );
  }
  // kubectl takes a plain address (kubectl proxy) as it is; the library wants to be told that no certificate is missed.
  const current = config.getCurrentCluster();
  config.clusters = config.clusters.map((one) => ({
    ...(one === current ? withProxy(one, process.env) : one),
    ...(one.server.startsWith('http:') ? { skipTLSVerify: true } : {}),
  }));
  return config;
}
