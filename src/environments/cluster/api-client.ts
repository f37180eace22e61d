import type { KubeConfig } from '@kubernetes/client-node';
import { ApiClient } from '../../discovery/kubernetes/api-client.ts';
import { accessOf } from '../../discovery/kubernetes/kubeconfig-access.ts';

/** Reads what discovery reads as well, by the same bounds: lists, watches, logs. */
export function apiClient(config: KubeConfig): ApiClient {
  return new ApiClient(accessOf(config, 'the kubeconfig', process.env));
}
