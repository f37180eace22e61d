import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Images that the pods of these tests are made of; the nodes have them already. */
export const images = {
  /** `npm run image` gives it this name. */
  evenkeel: process.env.EVENKEEL_IMAGE ?? 'evenkeel:dev',
  /** The same with an nginx, for the front of system D. */
  nginx: process.env.EVENKEEL_NGINX_IMAGE ?? 'evenkeel-nginx:dev',
  /** Absent: what needs an Envoy is skipped. */
  envoy: process.env.EVENKEEL_ENVOY_IMAGE,
  /** The clients of interop/, as cluster/clients/ builds them. */
  clients: process.env.EVENKEEL_CLIENTS_IMAGE,
  /** The store of traces. */
  zipkin: process.env.EVENKEEL_ZIPKIN_IMAGE,
} as const;

/** Repository and tag, as charts have them. */
export function partsOf(image: string): { readonly repository: string; readonly tag: string } {
  const [repository, tag = 'latest'] = image.split(/:(?=[^/]*$)/);
  return { repository: repository!, tag };
}

const howToGet =
  'these tests need a Kubernetes cluster: set KUBECONFIG or write ~/.kube/config (with kind: kind create cluster)';

/**
 * Why tests that need a cluster, and these programs, cannot run here; false where they can, so that it fits `skip` of
 * `node:test`.
 *
 * @throws Error the same, with EVENKEEL_REQUIRE=all
 */
export function withoutCluster(...programs: readonly string[]): string | false {
  const kubeconfigs = (process.env.KUBECONFIG || join(homedir(), '.kube', 'config')).split(delimiter);
  const cluster = kubeconfigs.find((path) => existsSync(path));
  const missing = ['kubectl', ...programs].filter((program) => !isOnPath(program));
  return without(cluster, howToGet) || without(missing.length === 0 || undefined, `not on PATH: ${missing.join(', ')}`);
}

/** Why something that is optional is left out; with EVENKEEL_REQUIRE=all that is a failure. */
export function without(what: unknown, why: string): string | false {
  if (what !== undefined && what !== '') return false;
  if (process.env.EVENKEEL_REQUIRE === 'all') throw new Error(why);
  return why;
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
