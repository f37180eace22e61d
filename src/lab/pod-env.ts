import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceRecord } from './records.ts';

/** What a pod takes from the person's environment: what programs need to run, and what turns on their logs. */
const passedOn =
  /^(PATH|HOME|TZ|LANG|LC_\w+|NODE_OPTIONS|GRPC_VERBOSITY|GRPC_TRACE|EVENKEEL_LOG|EVENKEEL_ENVOY|EVENKEEL_NGINX)$/;

export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly kubeNode: string;
  readonly zone: string;
  readonly region: string;
}

/**
 * The environment of a pod's process: identity as the Downward API gives it, the Services that exist now, the lab's DNS.
 *
 * @param services - those of every namespace; a pod sees those of its own, as in Kubernetes
 * @param own - the template's `env`, which wins; `$(VAR)` in it is expanded
 */
export function podEnvironment(
  pod: PodIdentity,
  services: Iterable<ServiceRecord>,
  dnsAddress: string,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const env: Record<string, string> = {
    ...Object.fromEntries(
      Object.entries(process.env).flatMap(([key, value]) => (passedOn.test(key) && value ? [[key, value]] : [])),
    ),
    // Pods of one deployment load the same files; compiled once, the later ones start in a fraction of the time.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
    HOSTNAME: pod.name,
    POD_NAME: pod.name,
    POD_NAMESPACE: pod.namespace,
    POD_IP: pod.ip,
    NODE_NAME: pod.kubeNode,
    EVENKEEL_ZONE: pod.zone,
    EVENKEEL_REGION: pod.region,
    EVENKEEL_DNS: dnsAddress,
  };
  for (const service of services) {
    if (service.namespace === pod.namespace) Object.assign(env, serviceVariables(service));
  }
  for (const [key, value] of Object.entries(own)) env[key] = expand(value, env);
  return env;
}

/** The variables that Kubernetes makes of a Service; none of a headless one. */
export function serviceVariables(service: ServiceRecord): Record<string, string> {
  const { clusterIp, ports } = service;
  const [first] = ports;
  if (clusterIp === undefined || first === undefined) return {};
  const prefix = variableName(service.name);
  const env: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: clusterIp,
    [`${prefix}_SERVICE_PORT`]: String(first.boundPort),
    [`${prefix}_PORT`]: `tcp://${clusterIp}:${first.boundPort}`,
  };
  for (const { name, boundPort } of ports) {
    if (name !== '') env[`${prefix}_SERVICE_PORT_${variableName(name)}`] = String(boundPort);
    const link = `${prefix}_PORT_${boundPort}_TCP`;
    env[link] = `tcp://${clusterIp}:${boundPort}`;
    env[`${link}_PROTO`] = 'tcp';
    env[`${link}_PORT`] = String(boundPort);
    env[`${link}_ADDR`] = clusterIp;
  }
  return env;
}

/** Replaces `$(VAR)` where VAR is known; `$$(VAR)` is a literal `$(VAR)`, and what is unknown stays as it is. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$?)\(([A-Za-z_][\w.-]*)\)/g, (whole, escaped: string, name: string) =>
    escaped === '' ? (env[name] ?? whole) : `$(${name})`,
  );
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
