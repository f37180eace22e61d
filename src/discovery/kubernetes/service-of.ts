import type { Endpoint } from '../../model/endpoint.ts';
import type { ServicePort } from '../../model/service.ts';
import { compareEndpoints } from '../ip-address.ts';
import type { KubeService } from './kube-service.ts';
import type { KubeSlice } from './kube-slice.ts';

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
  const chosen = oneFamily(service, slices);
  const ports = service.ports.flatMap(({ name, port, protocol, appProtocol }): ServicePort[] => {
    // gRPC is spoken over TCP.
    if (protocol !== 'TCP') return [];
    const parts = chosen.flatMap((slice) => slice.ports.filter((one) => one.name === name && one.protocol === 'TCP'));
    const protocolName = appProtocol ?? parts.find((part) => part.appProtocol !== undefined)?.appProtocol;
    return [
      {
        port,
        name,
        ...(protocolName === undefined ? {} : { appProtocol: protocolName }),
        endpoints: merge(parts.map(({ endpoints }) => endpoints)),
      },
    ];
  });
  return { ports, problems };
}

/**
 * The slices of one address family, so that a pod with an address of each counts once: the Service's primary one, or
 * where there is no slice of that (made by hand) the next.
 */
function oneFamily({ ipFamilies }: KubeService, slices: readonly KubeSlice[]): readonly KubeSlice[] {
  const usable = slices.filter(({ addressType }) => addressType !== 'FQDN');
  const family = [...ipFamilies, 'IPv4', 'IPv6'].find((one) => usable.some(({ addressType }) => addressType === one));
  return usable.filter(({ addressType }) => addressType === family);
}

/** In order, each address once: while the controller moves an endpoint, two slices have it. */
function merge(lists: readonly (readonly Endpoint[])[]): Endpoint[] {
  const byAddress = new Map<string, Endpoint>();
  for (const endpoint of lists.flat()) {
    const key = `${endpoint.address} ${endpoint.port}`;
    const known = byAddress.get(key);
    byAddress.set(key, known === undefined ? endpoint : both(known, endpoint));
  }
  return [...byAddress.values()].sort(compareEndpoints);
}

/** Of two states of one endpoint: a pod does not come back from terminating, and is ready once one slice knows it. */
function both(one: Endpoint, other: Endpoint): Endpoint {
  const [a, b] = [one.conditions, other.conditions];
  return {
    ...one,
    conditions: {
      ready: a.ready || b.ready,
      serving: a.serving || b.serving,
      terminating: a.terminating || b.terminating,
    },
  };
}
