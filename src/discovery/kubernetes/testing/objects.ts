import type { ApiObject } from './fake-api-server.ts';

/** An endpoint as it stands in an EndpointSlice. */
export interface SliceEndpoint {
  readonly address: string;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  readonly zone?: string;
  readonly nodeName?: string;
  readonly pod?: string;
  readonly uid?: string;
  readonly hostname?: string;
  /** Default: `Pod`. */
  readonly kind?: string;
}

/** A Service as the API has it: one port `grpc`, 50051, where nothing else is said. */
export function serviceObject(
  key: string,
  spec: Readonly<Record<string, unknown>> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): ApiObject {
  const [namespace = '', name = ''] = key.split('/');
  return {
    kind: 'Service',
    metadata: { namespace, name, ...metadata },
    spec: {
      type: 'ClusterIP',
      ipFamilies: ['IPv4'],
      ports: [{ name: 'grpc', port: 50051, protocol: 'TCP', targetPort: 50051 }],
      ...spec,
    },
  };
}

/** An EndpointSlice of the Service `key`, as its controller writes one. */
export function sliceObject(
  key: string,
  suffix: string,
  endpoints: readonly SliceEndpoint[],
  more: Readonly<Record<string, unknown>> = {},
): ApiObject {
  const [namespace = '', name = ''] = key.split('/');
  return {
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-${suffix}`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'grpc', port: 50051, protocol: 'TCP' }],
    endpoints: endpoints.map(
      ({ address, ready, serving, terminating, zone, nodeName, pod, uid, hostname, kind = 'Pod' }) => ({
        addresses: [address],
        conditions: { ready, serving, terminating },
        zone,
        nodeName,
        hostname,
        targetRef: pod === undefined ? undefined : { kind, namespace, name: pod, uid },
      }),
    ),
    ...more,
  };
}
