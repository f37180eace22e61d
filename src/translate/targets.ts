import { type Service, type ServiceId, type ServicePort, serviceKey } from '../model/service.ts';
import { defaultPort } from '../model/service-port.ts';

/** Domain of the cluster where nothing else is configured, as in Kubernetes. */
export const defaultClusterDomain = 'cluster.local';

/** A parsed `NAME[.NAMESPACE[.svc[.cluster.local]]][:PORT]`. */
export interface Target {
  readonly name: string;
  /** Absent: the client's own namespace. */
  readonly namespace?: string | undefined;
  /** Number or port name; absent: the Service's default port. */
  readonly port?: string | undefined;
}

/** One name under which a Service port is served. */
export interface Alias {
  /** The listener's name, which is what stands behind `xds:///`. */
  readonly listener: string;
  /** `shared`: every node sees it; `namespace`: only nodes of the Service's namespace. */
  readonly scope: 'shared' | 'namespace';
  /** Number of the Service port that it leads to. */
  readonly port: number;
}

/** A name that belongs to the Service but is not served, and why. */
export interface RefusedAlias {
  readonly listener: string;
  readonly reason: string;
}

export interface ServiceAliases {
  readonly aliases: readonly Alias[];
  readonly refused: readonly RefusedAlias[];
}

/** What a Kubernetes Service, namespace or port may be called (RFC 1123 label). Anything else could not be told apart. */
const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Whether a listener name would be read as an `xdstp:` URI by clients that know federation (gRFC A47).
 *
 * A Service that is called `xdstp` gets there with its bare name and a port.
 */
function isReserved(listener: string): boolean {
  return listener.startsWith('xdstp:');
}

/**
 * Parses the target grammar.
 *
 * @returns the target, or why the text is none
 */
export function parseTarget(text: string, clusterDomain = defaultClusterDomain): Target | { readonly reason: string } {
  if (isReserved(text)) return { reason: 'names that begin with xdstp: are reserved for federation' };
  const [host = '', port, ...rest] = text.split(':');
  if (rest.length > 0) return { reason: 'more than one colon; a target is NAME[.NAMESPACE[.svc]][:PORT]' };
  if (port === '') return { reason: 'a colon without a port behind it' };
  if (host.endsWith('.')) return { reason: 'a target has no dot at its end; it is no name of DNS' };
  const [name = '', namespace, ...suffix] = host.split('.');
  if (!label.test(name) || (namespace !== undefined && !label.test(namespace))) {
    return { reason: 'the name and the namespace are lower-case letters, digits and dashes' };
  }
  const domain = suffix.join('.');
  if (domain !== '' && domain !== 'svc' && domain !== `svc.${clusterDomain}`) {
    return { reason: `after the namespace comes .svc or .svc.${clusterDomain}, not .${domain}` };
  }
  return { name, namespace, port };
}

/** The ports that can be told apart by number, first come first served, and the others. */
export function distinctPorts(ports: readonly ServicePort[]): { distinct: ServicePort[]; repeated: ServicePort[] } {
  const seen = new Set<number>();
  const distinct: ServicePort[] = [];
  const repeated: ServicePort[] = [];
  for (const port of ports) {
    (seen.has(port.port) ? repeated : distinct).push(port);
    seen.add(port.port);
  }
  return { distinct, repeated };
}

/** A Service's host names from the shortest to the full one; none where its name could not be told apart from others. */
export function hostNamesOf({ name, namespace }: ServiceId, clusterDomain = defaultClusterDomain): string[] {
  if (!label.test(name) || !label.test(namespace)) return [];
  return [name, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.${clusterDomain}`];
}

/**
 * Every name that a Service is served under (DESIGN: targets), and those it would have but for a reason.
 *
 * Bare names depend on the client's namespace, so they go to the nodes of that namespace only.
 */
export function aliasesOf(service: Service, clusterDomain = defaultClusterDomain): ServiceAliases {
  const { name, namespace } = service;
  const bases = hostNamesOf(service, clusterDomain);
  if (bases.length === 0) {
    const reason = 'the name and the namespace of a Service must be lower-case letters, digits and dashes';
    return { aliases: [], refused: [{ listener: `${name}.${namespace}`, reason }] };
  }

  const { distinct, repeated } = distinctPorts(service.ports);
  const suffixes = new Map<string, number>();
  const refusedSuffixes: { suffix: string; reason: string }[] = [];
  const chosen = defaultPort({ ports: distinct });
  if ('reason' in chosen) refusedSuffixes.push({ suffix: '', reason: chosen.reason });
  else suffixes.set('', chosen.port);
  // Numbers before names: a number always means what it says, even where a port is called by another one's number.
  for (const { port } of distinct) suffixes.set(`:${port}`, port);
  for (const { port, otherNumbers = [] } of distinct) {
    for (const number of otherNumbers) if (!suffixes.has(`:${number}`)) suffixes.set(`:${number}`, port);
  }
  for (const { port, name: portName } of distinct) {
    if (portName === '') continue;
    const suffix = `:${portName}`;
    const taken = suffixes.get(suffix);
    if (!label.test(portName)) {
      refusedSuffixes.push({ suffix, reason: 'a port name is lower-case letters, digits and dashes' });
    } else if (taken === undefined) suffixes.set(suffix, port);
    else if (taken !== port) {
      refusedSuffixes.push({ suffix, reason: `it means port ${taken}; port ${port} is reached by number` });
    }
  }
  for (const { port } of repeated) {
    refusedSuffixes.push({ suffix: `:${port}`, reason: `port ${port} occurs more than once; the first is served` });
  }

  const aliases: Alias[] = [];
  const refused: RefusedAlias[] = [];
  for (const base of bases) {
    const scope = base === name ? 'namespace' : 'shared';
    for (const [suffix, port] of suffixes) {
      const listener = `${base}${suffix}`;
      if (isReserved(listener)) refused.push({ listener, reason: 'names that begin with xdstp: are reserved' });
      else aliases.push({ listener, scope, port });
    }
    for (const { suffix, reason } of refusedSuffixes) refused.push({ listener: `${base}${suffix}`, reason });
  }
  return { aliases, refused };
}

/**
 * Why a listener that a client asks for is not served; undefined where it should be.
 *
 * @param namespace - the namespace of the client that asks
 */
export function whyNotServed(
  listener: string,
  namespace: string,
  find: (id: ServiceId) => Service | undefined,
  clusterDomain = defaultClusterDomain,
): string | undefined {
  const target = parseTarget(listener, clusterDomain);
  if ('reason' in target) return target.reason;
  const id = { name: target.name, namespace: target.namespace ?? namespace };
  const service = find(id);
  if (service === undefined) {
    const origin = target.namespace === undefined ? " (the namespace is the client's)" : '';
    return `there is no Service ${serviceKey(id)}${origin}`;
  }
  const { aliases, refused } = aliasesOf(service, clusterDomain);
  if (aliases.some((alias) => alias.listener === listener)) return undefined;
  const reason = refused.find((alias) => alias.listener === listener)?.reason;
  return reason ?? `Service ${serviceKey(id)} has no port ${target.port}`;
}

/** Name of the one route, cluster and assignment of a Service port, whatever alias led there. */
export function canonicalName(service: ServiceId, port: number): string {
  return `${serviceKey(service)}:${port}`;
}
