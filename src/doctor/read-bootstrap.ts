import { z } from 'zod';
import { formatPath } from '../base/document.ts';
import { findJsonMistake } from '../base/json-syntax.ts';
import { placeInText } from '../base/place-in-text.ts';
import type { ClientTlsFiles } from '../bootstrap/client-tls.ts';
import { type Diagnosis, diagnosesOf } from './diagnosis.ts';

/** What of a bootstrap a doctor can go on with. */
export interface ReadBootstrap {
  readonly diagnoses: readonly Diagnosis[];
  /** The first server, as `HOST:PORT`; undefined: none that can be asked. */
  readonly server?: string | undefined;
  /** Files of TLS; undefined: the client connects without. */
  readonly tls?: ClientTlsFiles | undefined;
}

const credentials = z.looseObject({
  type: z.string(),
  config: z
    .looseObject({
      ca_certificate_file: z.string().optional(),
      certificate_file: z.string().optional(),
      private_key_file: z.string().optional(),
    })
    .optional(),
});

/** gRFC A27; what is beside these fields is for others. */
const bootstrap = z.looseObject({
  xds_servers: z
    .array(
      z.looseObject({
        server_uri: z.string().min(1),
        channel_creds: z.array(credentials).min(1),
        server_features: z.array(z.string()).optional(),
      }),
    )
    .min(1),
  node: z
    .looseObject({
      id: z.string().optional(),
      locality: z.looseObject({}).optional(),
      metadata: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});

const known = ['insecure', 'tls', 'google_default'];
const { fault, warning, ok } = diagnosesOf('bootstrap');
const make = 'evenkeel bootstrap prints one that every client takes.';

/**
 * Looks at a bootstrap as the clients of all languages do. Pure.
 *
 * @param source - where it came from, for people
 */
export function readBootstrap(text: string, source: string): ReadBootstrap {
  if (text.startsWith('\ufeff')) {
    const why = `${source} begins with a byte order mark, which clients take for no JSON`;
    return { diagnoses: [fault(why, 'Save it as UTF-8 without one.')] };
  }
  const mistake = findJsonMistake(text);
  if (mistake !== undefined) {
    const { line, column } = placeInText(text, mistake.offset);
    return {
      diagnoses: [fault(`${source} is no JSON: line ${line}, column ${column}: ${mistake.message}`, make)],
    };
  }
  const parsed = bootstrap.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      diagnoses: [
        fault(`${source} is no bootstrap: ${formatPath(issue!.path) || 'the whole'}: ${inWords(issue!)}`, make),
      ],
    };
  }
  const { xds_servers: servers, node } = parsed.data;
  const [{ server_uri: uri, channel_creds: all, server_features: features = [] }] = servers as [(typeof servers)[0]];
  const diagnoses: Diagnosis[] = [];
  const chosen = all.find(({ type }) => known.includes(type));
  if (chosen === undefined) {
    const types = all.map(({ type }) => type).join(', ');
    diagnoses.push(fault(`${source}: no client knows the channel_creds ${types}`, `Use one of ${known.join(', ')}.`));
  }
  if (!features.includes('xds_v3')) {
    diagnoses.push(warning(`${source}: server_features lacks xds_v3, which older clients need`, 'Add "xds_v3".'));
  }
  if (!features.includes('ignore_resource_deletion')) {
    const why = 'a resource that is deleted by mistake fails calls (gRFC A53)';
    diagnoses.push(
      warning(`${source}: server_features lacks ignore_resource_deletion: ${why}`, 'Add "ignore_resource_deletion".'),
    );
  }
  if (node?.locality === undefined) {
    diagnoses.push(
      fault(`${source}: node.locality is missing, without which grpc-js refuses it`, 'Add "locality": {}.'),
    );
  }
  if (!node?.id) {
    diagnoses.push(warning(`${source}: node.id is empty, so nobody can tell this client from others`, 'Name the pod.'));
  }
  if (typeof node?.metadata?.namespace !== 'string') {
    const text = `${source}: node.metadata.namespace is missing: names without a namespace mean those of default`;
    diagnoses.push(warning(text, 'Add the namespace of the client.'));
  }
  if (diagnoses.length === 0) diagnoses.push(ok(`${source}: ${node!.id} asks ${uri}`));
  const { config } = chosen ?? {};
  return {
    diagnoses,
    server: /^(?:dns:\/{0,3})?([^/\s]+:\d{1,5})$/.exec(uri)?.[1],
    tls:
      chosen?.type === 'tls'
        ? { ca: config?.ca_certificate_file, cert: config?.certificate_file, key: config?.private_key_file }
        : undefined,
  };
}

function inWords({ code, message }: z.core.$ZodIssue): string {
  if (code === 'too_small') return 'it is empty';
  if (message.endsWith('received undefined')) return 'it is missing';
  return message.replace('Invalid input: ', '').replace(', received', ', found');
}
