import { z } from 'zod';
import type { RefinementParams } from '../base/document.ts';
import { dnsLabel, portNumber } from '../discovery/schema-parts.ts';
import { contradictionIn, policyFields, policyKeys } from '../model/policy.ts';

/** One entry of `services` in `evenkeel.yaml`. */
export const serviceSchema = z
  .strictObject({
    name: dnsLabel.describe('Name of the Service.'),
    namespace: dnsLabel.default('default').describe('Namespace of the Service.'),
    discovery: z
      .enum(['dns', 'file', 'kubernetes'])
      .default('dns')
      .describe(
        'Where its endpoints come from; with `file` and `kubernetes` the entry only adds to what that source says.',
      ),
    portName: dnsLabel.default('grpc').describe('Port name; the SRV name begins with it.'),
    protocol: z.literal('tcp').default('tcp').describe('Transport protocol, the second label of the SRV name.'),
    port: portNumber
      .optional()
      .describe('Port number of the Service, which is what clients name. Default: the port of the SRV records.'),
    ...policyFields,
  })
  .superRefine((fields, context) => {
    const message = contradictionIn(fields);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['grpcService'], message });
  });

/** A Service port and what is known of it beforehand. */
export type ServiceConfig = z.output<typeof serviceSchema>;

/** What the ports of one Service must agree on: the model has it once a Service. */
const perService = ['discovery', ...policyKeys] as const;

export interface ServiceProblem {
  /** Index of the entry that is wrong. */
  readonly at: number;
  readonly field?: string | undefined;
  readonly message: string;
  readonly params: RefinementParams;
}

/** Finds entries that repeat another one, or contradict another port of the same Service. */
export function problemsOf(services: readonly ServiceConfig[]): ServiceProblem[] {
  const problems: ServiceProblem[] = [];
  const ports = new Map<string, number>();
  const firsts = new Map<string, number>();
  for (const [at, entry] of services.entries()) {
    const id = `${entry.namespace}/${entry.name}`;
    const keys = [`port "${entry.portName}"`, ...(entry.port === undefined ? [] : [`port ${entry.port}`])];
    const taken = keys.find((key) => ports.has(`${id} ${key}`));
    if (taken !== undefined) {
      const first = ['services', ports.get(`${id} ${taken}`)!];
      const message = `the Service ${id} is given twice with ${taken}`;
      problems.push({ at, message, params: { errorCode: 'EK_DUPLICATE_SERVICE', first } });
      continue;
    }
    for (const key of keys) ports.set(`${id} ${key}`, at);
    const first = firsts.get(id) ?? at;
    firsts.set(id, first);
    const field = perService.find((name) => entry[name] !== services[first]![name]);
    if (field === undefined) continue;
    const message = `${field} differs from that of the other port of ${id}`;
    problems.push({ at, field, message, params: { first: ['services', first] } });
  }
  return problems;
}
