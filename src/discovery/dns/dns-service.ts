import type { Locality } from '../../model/endpoint.ts';
import type { ServicePolicy } from '../../model/policy.ts';
import type { ServiceId } from '../../model/service.ts';

export interface DnsServicePort {
  readonly portName: string;
  readonly protocol: 'tcp';
  /** Port number of the Service; absent: the lowest port of the SRV records. */
  readonly port?: number | undefined;
}

/** A Service to look up; it exists because it is configured, whatever DNS says. */
export interface DnsService extends ServiceId {
  readonly ports: readonly DnsServicePort[];
  readonly policy: ServicePolicy;
  readonly locality?: Locality | undefined;
}

/** `_grpc._tcp.be1-srv.default.svc.cluster.local` (Kubernetes DNS specification, section 2.4.2). */
export function srvName(
  { namespace, name }: ServiceId,
  { portName, protocol }: DnsServicePort,
  clusterDomain: string,
): string {
  return `_${portName}._${protocol}.${name}.${namespace}.svc.${clusterDomain}`;
}
