import { z } from 'zod';
import { dnsLabel } from '../discovery/schema-parts.ts';
import { maxWildcards, namespacePlaceholder } from './auth-rules.ts';

/** A pattern with few enough wildcards that no name takes long to compare. */
const pattern = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => (text.match(/\*+|\{namespace\}/g) ?? []).length <= maxWildcards, {
    message: `may have at most ${maxWildcards} wildcards`,
  });

const namespace = z.string().refine((text) => text === namespacePlaceholder || dnsLabel.safeParse(text).success, {
  message: `must be the name of a namespace, or ${namespacePlaceholder} for the one that the pattern found`,
});

const client = z
  .strictObject({
    uri: pattern
      .optional()
      .describe(
        'Pattern of a URI name in the certificate, a SPIFFE ID for example: `*` is one character or more, but no `/`; `**` one or more of any; `{namespace}` a namespace. Default: none; give this or `dns`.',
      ),
    dns: pattern
      .optional()
      .describe('Pattern of a DNS name in the certificate, with `.` for `/`. Default: none; give this or `uri`.'),
    namespaces: z
      .array(namespace)
      .max(10_000)
      .optional()
      .describe(
        'Namespaces whose Services it sees; `{namespace}` is the one that the pattern found. Other names do not exist for it. Default: all.',
      ),
    gateways: z
      .array(dnsLabel)
      .max(100)
      .optional()
      .describe('Gateways that it may be. Default: all, or none where `namespaces` is given.'),
  })
  .superRefine(({ uri, dns, namespaces = [] }, context) => {
    if ((uri === undefined) === (dns === undefined)) {
      context.addIssue({ code: 'custom', message: 'must have either uri or dns' });
    }
    if (namespaces.includes(namespacePlaceholder) && !(uri ?? dns ?? '').includes(namespacePlaceholder)) {
      const message = `names ${namespacePlaceholder}, which the pattern does not find`;
      context.addIssue({ code: 'custom', path: ['namespaces'], message });
    }
  });

const pemFile = (what: string) => z.string().min(1).optional().describe(what);

/** `xds.tls` in `evenkeel.yaml`. */
export function tlsSchema(listenAddress: z.ZodType<string>) {
  return z
    .strictObject({
      listen: listenAddress
        .default('127.0.0.1:18443')
        .describe('Address of the xDS server with TLS, which there is as soon as there is a certificate.'),
      cert: pemFile(
        "PEM file with the server's certificate and those that lead to its root, relative to the configuration file. Default: no TLS.",
      ),
      key: pemFile('PEM file with its private key. Default: none.'),
      ca: pemFile(
        'PEM file with the authorities of client certificates; clients then have to show one (mTLS). Default: clients show none.',
      ),
      clients: z.array(client).min(1, 'must have at least one rule, or be left out').max(1_000).optional(),
    })
    .superRefine(({ cert, key, ca, clients }, context) => {
      const miss = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
      if (cert === undefined && key !== undefined) miss('key', 'needs xds.tls.cert, the certificate it belongs to');
      if (cert !== undefined && key === undefined) miss('cert', 'needs xds.tls.key, the key of the certificate');
      if (ca !== undefined && cert === undefined) miss('ca', 'needs xds.tls.cert and xds.tls.key');
      if (clients !== undefined && ca === undefined) {
        miss('clients', 'needs xds.tls.ca: without it no client shows a certificate');
      }
    });
}

export type TlsConfig = z.output<ReturnType<typeof tlsSchema>>;
