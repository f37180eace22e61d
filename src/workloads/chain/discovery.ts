import type { ServiceType } from './options.ts';

export type Via = 'env' | 'dns';
export type Protocol = 'http' | 'grpc';

type Env = Readonly<Record<string, string | undefined>>;

/** What the environment says of a Service; `null` where it says nothing, as the write-up's answers have it. */
export interface ServiceIdentity {
  readonly SERVICE_TYPE: ServiceType;
  readonly SERVICE_HOST: string | null;
  readonly SERVICE_PORT: string | null;
}

/**
 * Host and port of `service-a|b|c` by the variables that Kubernetes sets when a pod starts. A Service that is made later
 * is not in them until the pod starts again.
 */
export function identityOf(type: ServiceType, env: Env): ServiceIdentity {
  return {
    SERVICE_TYPE: type,
    SERVICE_HOST: env[`SERVICE_${type}_SERVICE_HOST`] || null,
    SERVICE_PORT: env[`SERVICE_${type}_SERVICE_PORT`] || null,
  };
}

/** The service after this one, undefined at the end of the chain. */
export function nextOf(type: ServiceType): ServiceType | undefined {
  return ({ A: 'B', B: 'C', C: undefined } as const)[type];
}

/** Where the next service is, or why that cannot be said. */
export type Located = { readonly address: string } | { readonly missing: string };

/**
 * @param ports - of the Service, for DNS, whose A records carry none
 */
export function locate(
  next: ServiceType,
  via: Via,
  protocol: Protocol,
  ports: Readonly<Record<Protocol, number>>,
  env: Env,
): Located {
  if (via === 'dns') return { address: `service-${next.toLowerCase()}:${ports[protocol]}` };
  const hostVariable = `SERVICE_${next}_SERVICE_HOST`;
  const portVariable = protocol === 'http' ? `SERVICE_${next}_SERVICE_PORT` : `SERVICE_${next}_SERVICE_PORT_GRPC`;
  for (const variable of [hostVariable, portVariable]) {
    if (!env[variable]) return { missing: variable };
  }
  const host = env[hostVariable]!;
  return { address: `${host.includes(':') ? `[${host}]` : host}:${env[portVariable]}` };
}
