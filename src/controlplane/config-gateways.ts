import { isIP } from 'node:net';
import { z } from 'zod';
import type { RefinementParams } from '../base/document.ts';
import { messageOf } from '../base/errors.ts';
import { parseListenAddress } from '../base/listen-address.ts';
import { dnsLabel } from '../discovery/schema-parts.ts';
import { type Gateway, parseGatewayService } from '../translate/gateway.ts';

const listen = z.string().superRefine((text, context) => {
  try {
    const { host, port } = parseListenAddress(text, '');
    if (isIP(host) !== 0 && port !== 0) return;
    // Envoy resolves no names of its own listeners, and a port of its choice nobody would find.
    const message = `"${text}" is not an IP address and a port for Envoy to listen on`;
    context.addIssue({ code: 'custom', message });
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
});

const service = z
  .string()
  .refine((text) => parseGatewayService(text) !== undefined, 'must be NAMESPACE/NAME or NAMESPACE/NAME:PORT');

/** One entry of `gateways` in `evenkeel.yaml`. */
export const gatewaySchema = z.strictObject({
  name: dnsLabel.describe('Name of the gateway, which an Envoy gives in its bootstrap: `evenkeel bootstrap --envoy`.'),
  listen: listen.describe('Where Envoy listens, `IP:PORT` or a port; without an address it is loopback.'),
  namespace: dnsLabel.default('default').describe('Services of this namespace can be called by their bare name.'),
  services: z
    .array(service)
    .min(1, 'must name at least one Service, or be left out')
    .max(100_000)
    .optional()
    .describe(
      'What it leads to, `NAMESPACE/NAME` or `NAMESPACE/NAME:PORT`, a port by number or name. Default: every gRPC port of every Service.',
    ),
});

type GatewayConfig = z.output<typeof gatewaySchema>;

export interface GatewayConfigProblem {
  /** Index of the entry that is wrong. */
  readonly at: number;
  readonly message: string;
  readonly params: RefinementParams;
}

/** Finds gateways whose name another one has: an Envoy could not say which of them it is. */
export function gatewayProblemsOf(gateways: readonly GatewayConfig[]): GatewayConfigProblem[] {
  const problems: GatewayConfigProblem[] = [];
  const firsts = new Map<string, number>();
  for (const [at, { name }] of gateways.entries()) {
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, at);
    else {
      const params = { first: ['gateways', first, 'name'] };
      problems.push({ at, message: `the gateway ${name} is given twice`, params });
    }
  }
  return problems;
}

/** A checked entry as the translation takes it. */
export function gatewayOf({ name, namespace, ...rest }: GatewayConfig): Gateway {
  return {
    name,
    namespace,
    listen: parseListenAddress(rest.listen, 'gateways'),
    services: rest.services?.map((text) => parseGatewayService(text)!),
  };
}
