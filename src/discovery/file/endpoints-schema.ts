import { z } from 'zod';
import type { RefinementParams } from '../../base/document.ts';
import { healthCheckSchema, policyFields } from '../../model/policy.ts';
import { canonicalIp, whyUnusable } from '../ip-address.ts';
import { dnsLabel, portNumber, wholeNumber } from '../schema-parts.ts';

const port = z.strictObject({
  name: z
    .string()
    .regex(/^$|^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label, or empty')
    .default('')
    .describe('Port name; may be empty where there is only one port.'),
  port: portNumber.describe('Port number of the Service, which is what clients name.'),
  targetPort: portNumber.optional().describe('Port that the endpoints listen on. Default: `port`.'),
  appProtocol: z
    .string()
    .min(1)
    .optional()
    .describe(
      'What the port speaks, as in Kubernetes: `grpc`, `h2c` and `kubernetes.io/h2c` are gRPC, anything else is not.',
    ),
});

const endpoint = z.strictObject({
  address: z
    .string()
    .refine((text) => canonicalIp(text) !== undefined, 'must be an IPv4 or IPv6 literal; clients reject names')
    .refine(isReachable, 'is no address of an endpoint: unspecified, link-local, multicast, reserved, or IPv4 as IPv6')
    .describe('IPv4 or IPv6 literal.'),
  pod: z.string().min(1).optional().describe('Name of the pod.'),
  ready: z.boolean().optional().describe('New calls may go there. Default: serving and not terminating.'),
  serving: z.boolean().default(true).describe('It answers calls, even if it is on its way out.'),
  terminating: z.boolean().default(false).describe('It was told to go.'),
  zone: z.string().default('').describe('Zone; empty where unknown.'),
  region: z.string().default('').describe('Region; empty where unknown.'),
  kubeNode: z.string().min(1).optional().describe('The node that the pod is on.'),
  weight: wholeNumber(1, 65_535).optional().describe('Relative share of calls. Default: all alike.'),
});

const service = z.strictObject({
  namespace: dnsLabel.default('default').describe('Namespace of the Service.'),
  name: dnsLabel.describe('Name of the Service.'),
  ports: z.array(port).max(1_000).describe('Ports of the Service; every endpoint serves all of them.'),
  endpoints: z.array(endpoint).max(100_000).describe('Addresses of the Service; none is a state like any other.'),
  internalTrafficPolicy: z
    .enum(['Cluster', 'Local'])
    .default('Cluster')
    .describe('As in Kubernetes; with `Local` clients get the endpoints of their own `kubeNode` only.'),
  trafficDistribution: policyFields.trafficDistribution,
  slowStart: policyFields.slowStart,
  balance: policyFields.balance,
  subset: policyFields.subset,
  maxStreamDuration: policyFields.maxStreamDuration,
  retries: policyFields.retries,
  healthCheck: healthCheckSchema.optional().describe('Active checks by the control plane. Default: none.'),
});

/** The endpoint file (ARCHITECTURE.md, "Conventions between the parts"); an unknown field is an error. */
export const endpointsSchema = z
  .strictObject({
    apiVersion: z.literal('evenkeel.dev/v1').describe('Always `evenkeel.dev/v1`.'),
    kind: z.literal('Endpoints').describe('Always `Endpoints`.'),
    services: z.array(service).max(100_000).describe('All Services there are; one that goes missing was removed.'),
  })
  .superRefine(({ services }, context) => {
    const report = (path: PropertyKey[], message: string, params: RefinementParams): void =>
      context.addIssue({ code: 'custom', path, message, params: { ...params } });
    const places = new FirstPlaces();
    for (const [at, { namespace, name, ports, endpoints }] of services.entries()) {
      const id = `${namespace}/${name}`;
      const here = ['services', at];
      const first = places.claim(id, here);
      if (first !== undefined) {
        report(here, `the Service ${id} is given twice`, { errorCode: 'EK_DUPLICATE_SERVICE', first });
      }
      const inService = new FirstPlaces();
      for (const [index, one] of ports.entries()) {
        const path = [...here, 'ports', index];
        const samePort = inService.claim(`port ${one.port}`, path);
        const sameName = inService.claim(`name ${one.name}`, path);
        if (samePort !== undefined) report(path, `${id} has port ${one.port} twice`, { first: samePort });
        else if (sameName !== undefined) report(path, `${id} has two ports named "${one.name}"`, { first: sameName });
      }
      for (const [index, { address }] of endpoints.entries()) {
        const path = [...here, 'endpoints', index];
        const first = inService.claim(`address ${canonicalIp(address)}`, path);
        if (first === undefined) continue;
        report(path, `${id} has the address ${address} twice`, { errorCode: 'EK_DUPLICATE_ENDPOINT', first });
      }
    }
  });

export type EndpointsFile = z.output<typeof endpointsSchema>;

/** Names are another mistake. */
function isReachable(text: string): boolean {
  const address = canonicalIp(text);
  return address === undefined || whyUnusable(address) === undefined;
}

/** Remembers where each key was said first. */
class FirstPlaces {
  readonly #places = new Map<string, PropertyKey[]>();

  /** The place of an earlier claim of the same key. */
  claim(key: string, place: PropertyKey[]): PropertyKey[] | undefined {
    const earlier = this.#places.get(key);
    if (earlier === undefined) this.#places.set(key, place);
    return earlier;
  }
}
