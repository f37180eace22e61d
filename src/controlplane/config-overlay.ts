import type { DnsService } from '../discovery/dns/dns-service.ts';
import { localityOf, policyOf } from '../model/policy.ts';
import { type Service, serviceKey } from '../model/service.ts';
import type { ServiceConfig } from './config-services.ts';

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
    const { ejection, ...policy } = policyOf(entry);
    return {
      ...service,
      policy: {
        ...service.policy,
        ...policy,
        ...(ejection === undefined ? {} : { ejection: { ...service.policy.ejection, ...ejection } }),
      },
      locality: localityOf(entry) ?? service.locality,
    };
  };
}
