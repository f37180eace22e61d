import type { DnsService } from '../discovery/dns/dns-service.ts';
import type { Locality } from '../model/endpoint.ts';
import type { ServicePolicy } from '../model/policy.ts';
import { type Service, serviceKey } from '../model/service.ts';
import type { ServiceConfig } from './config-services.ts';

/** What a configured Service has beside its ports. */
function policyOf({ healthCheck, grpcService, podLocalities }: ServiceConfig): ServicePolicy {
  const protocol = healthCheck ?? (grpcService === undefined ? 'none' : 'grpc');
  return {
    ...(protocol === 'none' ? {} : { healthCheck: { protocol, grpcService: grpcService ?? '' } }),
    ...(podLocalities === undefined ? {} : { podLocalities }),
  };
}

function localityOf({ region, zone }: ServiceConfig): Locality | undefined {
  return region === '' && zone === '' ? undefined : { region, zone, subZone: '' };
}

/** The Services that DNS is asked for; several ports of one Service come together. */
export function dnsServices(services: readonly ServiceConfig[]): DnsService[] {
  const byKey = Map.groupBy(
    services.filter(({ discovery }) => discovery === 'dns'),
    serviceKey,
  );
  return [...byKey.values()].map((entries) => {
    const first = entries[0]!;
    return {
      namespace: first.namespace,
      name: first.name,
      ports: entries.map(({ portName, protocol, port }) => ({ portName, protocol, port })),
      policy: policyOf(first),
      locality: localityOf(first),
    };
  });
}

/** Adds to a Service of the endpoint file or of Kubernetes what an entry with that `discovery` says; the entry wins. */
export function overlay(
  source: 'file' | 'kubernetes',
  services: readonly ServiceConfig[],
): (service: Service) => Service {
  const entries = new Map(
    services.filter(({ discovery }) => discovery === source).map((entry) => [serviceKey(entry), entry]),
  );
  return (service) => {
    const entry = entries.get(serviceKey(service));
    if (entry === undefined) return service;
    const saysHealth = entry.healthCheck !== undefined || entry.grpcService !== undefined;
    const { healthCheck, ...rest } = policyOf(entry);
    return {
      ...service,
      policy: { ...service.policy, ...(saysHealth ? { healthCheck } : {}), ...rest },
      locality: localityOf(entry) ?? service.locality,
    };
  };
}
