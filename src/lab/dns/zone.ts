import type { EndpointView, LabEndpoint, ServiceView } from '../endpoints.ts';

export interface ARecord {
  readonly type: 'A';
  readonly name: string;
  readonly address: string;
}

export interface SrvRecord {
  readonly type: 'SRV';
  readonly name: string;
  readonly target: string;
  readonly port: number;
}

/** What the zone says to one question; records may be in any order. */
export interface ZoneAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  readonly answers: readonly (ARecord | SrvRecord)[];
  readonly additionals: readonly ARecord[];
}

export const clusterDomain = 'cluster.local';

const refused: ZoneAnswer = { rcode: 'REFUSED', answers: [], additionals: [] };
const noName: ZoneAnswer = { rcode: 'NXDOMAIN', answers: [], additionals: [] };
/** The name exists and has no record of this type (RFC 2308 §2.2). */
const noData: ZoneAnswer = { rcode: 'NOERROR', answers: [], additionals: [] };

/**
 * The cluster's DNS (Kubernetes' "DNS-Based Service Discovery" specification 1.1.0), short forms included.
 *
 * Short names are answered here because gRPC's own resolver in Node applies no search list. A name of several labels
 * belongs to us if it ends in the cluster's domain, in `NAMESPACE.svc`, or in a namespace that exists; nothing is ever
 * asked of another server.
 *
 * @param name - as asked; answers repeat its spelling
 */
export function answer(view: EndpointView, namespace: string, name: string, type: string): ZoneAnswer {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  const namespaces = new Set([namespace, ...Array.from(view.values(), ({ service }) => service.namespace)]);
  const place = locate(labels, namespaces, namespace);
  if (place === undefined || name === '.') return refused;
  if (place === 'between') return noData;
  if (!namespaces.has(place.namespace)) return noName;

  const prefix = [...place.prefix];
  const service = view.get(`${place.namespace}/${prefix.pop()}`);
  if (service === undefined) return noName;
  if (prefix.length === 0) return type === 'A' ? found(addresses(name, service)) : noData;
  if (prefix.length === 1 && !prefix[0]!.startsWith('_')) return podAnswer(name, prefix[0]!, service, type);
  return srvAnswer(name, prefix, service, type);
}

interface Place {
  readonly namespace: string;
  /** What stands before the namespace: `[_grpc, _tcp, be1-srv]`. */
  readonly prefix: readonly string[];
}

/** Finds the namespace in a name; `between` for names that only have others below them (empty non-terminals). */
function locate(labels: string[], namespaces: ReadonlySet<string>, home: string): Place | 'between' | undefined {
  const text = labels.join('.');
  if (text === clusterDomain || text === `svc.${clusterDomain}`) return 'between';
  const absolute = text.endsWith(`.svc.${clusterDomain}`);
  const relative = absolute ? labels.slice(0, -3) : text.endsWith('.svc') ? labels.slice(0, -1) : undefined;
  if (relative !== undefined) {
    const last = relative.at(-1)!;
    if (relative.length === 1) return namespaces.has(last) ? 'between' : { namespace: '', prefix: [] };
    return { namespace: last, prefix: relative.slice(0, -1) };
  }
  if (text.endsWith(`.${clusterDomain}`)) return { namespace: '', prefix: [] };

  const last = labels.at(-1)!;
  const services = labels.filter((label) => !label.startsWith('_'));
  if (services.length === 1) return { namespace: home, prefix: labels };
  if (namespaces.has(last)) return { namespace: last, prefix: labels.slice(0, -1) };
  return undefined;
}

function podAnswer(name: string, label: string, view: ServiceView, type: string): ZoneAnswer {
  const endpoint = readyPods(view).find(({ address }) => podLabel(address) === label);
  if (endpoint === undefined || !view.service.headless) return noName;
  return type === 'A' ? found([{ type: 'A', name, address: endpoint.address }]) : noData;
}

/** `_port._protocol`, and `_protocol` alone, which exists only because something is below it. */
function srvAnswer(name: string, prefix: readonly string[], view: ServiceView, type: string): ZoneAnswer {
  const { service } = view;
  const named = service.ports.filter((port) => port.name !== '');
  if (prefix.at(-1) !== '_tcp' || prefix.length > 2 || named.length === 0) return noName;
  if (prefix.length === 1) return noData;
  const port = named.find((candidate) => `_${candidate.name}` === prefix[0]);
  if (port === undefined) return noName;
  if (type !== 'SRV') return noData;
  if (!service.headless) {
    const answers: SrvRecord[] = [{ type: 'SRV', name, target: service.dnsName, port: port.boundPort }];
    return { rcode: 'NOERROR', answers, additionals: addresses(service.dnsName, view) };
  }
  const targets = readyPods(view).map(({ address }) => ({
    address,
    target: `${podLabel(address)}.${service.dnsName}`,
  }));
  return {
    rcode: 'NOERROR',
    answers: targets.map(({ target }) => ({ type: 'SRV', name, target, port: port.targetPort })),
    additionals: targets.map(({ target, address }) => ({ type: 'A', name: target, address })),
  };
}

function addresses(name: string, view: ServiceView): ARecord[] {
  const { clusterIp } = view.service;
  const all = clusterIp === undefined ? readyPods(view).map(({ address }) => address) : [clusterIp];
  return all.map((address) => ({ type: 'A', name, address }));
}

function readyPods({ endpoints }: ServiceView): LabEndpoint[] {
  return endpoints.filter(({ ready }) => ready);
}

function podLabel(address: string): string {
  return address.replaceAll('.', '-');
}

function found(answers: readonly (ARecord | SrvRecord)[]): ZoneAnswer {
  return { rcode: 'NOERROR', answers, additionals: [] };
}
