import type { ServicePort } from '../../model/service.ts';
import { ambiguityOf } from '../../model/service-port.ts';
import { BackendSet } from './backend.ts';
import type { KubePort, KubeService } from './kube-service.ts';
import type { KubeSlice } from './kube-slice.ts';
import { mergeEndpoints } from './merge-endpoints.ts';

export interface PortsAndProblems {
  readonly ports: readonly ServicePort[];
  readonly problems: readonly string[];
}

/** The ports of a Service with the endpoints of all its slices, and what of them cannot be used. Pure. */
export function portsOf(service: KubeService, slices: readonly KubeSlice[]): PortsAndProblems {
  const problems = slices.flatMap((slice) => slice.problems);
  if (service.type === 'ExternalName') {
    problems.push('it is an ExternalName Service, which is a name for DNS and has no endpoints: use dns:///');
    return { ports: [], problems };
  }
  // gRPC is spoken over TCP.
  const tcp = service.ports.filter(({ protocol }) => protocol === 'TCP');
  if (tcp.length === 0)
    problems.push(`it has no ${service.ports.length === 0 ? '' : 'TCP '}port, so no target leads to it`);
  if (service.selector === undefined && slices.length === 0) {
    problems.push('it has neither a selector nor an EndpointSlice: nothing says which endpoints it has');
  }
  const families = familiesOf(service, slices);
  problems.push(...leftOut(service, families, slices));
  const ports = tcp.map((port) => portOf(port, families, slices, problems));
  for (const preference of service.preferences ?? []) {
    problems.push(`${preference} is not followed: calls are spread evenly over all endpoints, wherever they are`);
  }
  const ambiguity = ambiguityOf({ ports });
  if (ambiguity !== undefined) problems.push(ambiguity);
  return { ports, problems };
}

function portOf(
  { name, port, appProtocol }: KubePort,
  families: readonly string[],
  slices: readonly KubeSlice[],
  problems: string[],
): ServicePort {
  const found = slices.flatMap((slice) =>
    slice.ports.filter((one) => one.name === name && one.protocol === 'TCP').map((part) => ({ slice, ...part })),
  );
  if (found.length === 0 && slices.some(({ addressType, backends }) => addressType !== 'FQDN' && backends.length > 0)) {
    const called = name === '' ? `${port}, which has no name` : `${port} (${name})`;
    problems.push(
      `no EndpointSlice has its port ${called}: pods lack the targetPort, or the names of the ports differ`,
    );
  }
  const protocol = appProtocol ?? found.find((part) => part.appProtocol !== undefined)?.appProtocol;
  return {
    port,
    name,
    ...(protocol === undefined ? {} : { appProtocol: protocol }),
    endpoints: mergeEndpoints(found, families),
  };
}

const allFamilies = ['IPv4', 'IPv6'];

/**
 * The Service's own families in its order. Another one, as in slices that were made by hand, counts only where there is no
 * endpoint of its own: kube-proxy has no address of the Service that could lead there, while DNS tells of it all the same.
 */
function familiesOf({ ipFamilies }: KubeService, slices: readonly KubeSlice[]): readonly string[] {
  const own = ipFamilies.length === 0 ? allFamilies : ipFamilies;
  const isServed = slices.some(({ addressType, backends }) => own.includes(addressType) && backends.length > 0);
  return isServed ? own : [...own, ...allFamilies.filter((family) => !own.includes(family))];
}

/** Which slices are of a family that does not count and have something that the others lack. */
function leftOut({ ipFamilies }: KubeService, families: readonly string[], slices: readonly KubeSlice[]): string[] {
  const others = slices.filter(({ addressType }) => addressType !== 'FQDN' && !families.includes(addressType));
  if (others.length === 0) return [];
  const served = new BackendSet();
  for (const { addressType, backends } of slices) {
    if (families.includes(addressType)) for (const backend of backends) served.add(backend);
  }
  return others
    .filter(({ backends }) => !backends.every((backend) => served.has(backend)))
    .map(
      ({ name, addressType }) =>
        `EndpointSlice ${name} has ${addressType} addresses and the Service's ipFamilies are ${ipFamilies.join(', ')}: they are left out`,
    );
}
