import type { DeploymentSpec } from '../../lab/index.ts';

export const envoyAdminPort = 9901;

/** A pod of Envoy with this bootstrap, in which `$(POD_IP)` is its address. */
export function envoyDeployment(name: string, binary: string, port: number, bootstrap: object): DeploymentSpec {
  return {
    name,
    template: {
      command: binary,
      args: [
        // Not a file: only in arguments is $(POD_IP) the pod's own address. JSON is YAML.
        ...['--config-yaml', JSON.stringify(bootstrap)],
        // One worker: each has a round robin, and a count of calls in flight, of its own, which few callers would show.
        ...['--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'],
      ],
      ports: [{ name: 'grpc', port }],
      readiness: { http: { port: envoyAdminPort, path: '/ready' } },
    },
  };
}
