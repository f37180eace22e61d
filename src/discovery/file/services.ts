import type { Endpoint } from '../../model/endpoint.ts';
import { policyOf } from '../../model/policy.ts';
import type { Service } from '../../model/service.ts';
import { ambiguityOf } from '../../model/service-port.ts';
import { canonicalIp, compareEndpoints } from '../ip-address.ts';
import type { EndpointsFile } from './endpoints-schema.ts';

/** The model of a checked endpoint file, by Service in the file's order. */
export function servicesOf(file: EndpointsFile): Service[] {
  return file.services.map((service) => {
    const { namespace, name, ports: told, endpoints, healthCheck, internalTrafficPolicy } = service;
    const { trafficDistribution, slowStart, balance, subset, maxStreamDuration, retries } = service;
    const ports = told.map(({ port, name, targetPort, appProtocol }) => ({
      port,
      name,
      appProtocol,
      endpoints: endpoints.map((endpoint) => endpointOf(endpoint, targetPort ?? port)).sort(compareEndpoints),
    }));
    const ambiguity = ambiguityOf({ ports });
    return {
      namespace,
      name,
      ports,
      policy: {
        ...policyOf({ trafficDistribution, slowStart, balance, subset, maxStreamDuration, retries }),
        healthCheck,
      },
      ...(internalTrafficPolicy === 'Local' ? { internalTrafficPolicy } : {}),
      ...(ambiguity === undefined ? {} : { problems: [ambiguity] }),
    };
  });
}

function endpointOf(told: EndpointsFile['services'][number]['endpoints'][number], port: number): Endpoint {
  const { serving, terminating, region, zone, weight, kubeNode, pod } = told;
  return {
    address: canonicalIp(told.address)!,
    port,
    conditions: { ready: told.ready ?? (serving && !terminating), serving, terminating },
    locality: { region, zone, subZone: '' },
    weight,
    kubeNode,
    pod,
  };
}
