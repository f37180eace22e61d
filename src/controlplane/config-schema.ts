import { z } from 'zod';
import { messageOf } from '../base/errors.ts';
import { parseListenAddress } from '../base/listen-address.ts';
import { parseDnsServer } from '../discovery/dns/dns-server.ts';
import { dnsLabel, wholeNumber } from '../discovery/schema-parts.ts';
import { gatewayProblemsOf, gatewaySchema } from './config-gateways.ts';
import { problemsOf, serviceSchema } from './config-services.ts';
import { tlsSchema } from './config-tls.ts';

/** A string that `parse` accepts; what `parse` throws is the message. */
function parsedBy(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  });
}

const milliseconds = (min: number, max: number) => wholeNumber(min, max, 'number of milliseconds');
const listenAddress = parsedBy((text) => parseListenAddress(text, ''));

const xds = z.strictObject({
  listen: listenAddress
    .default('127.0.0.1:18000')
    .describe('Address of the xDS server, `HOST:PORT` or a port; without a host it is loopback.'),
  plaintext: z
    .enum(['loopback', 'anywhere', 'none'])
    .default('loopback')
    .describe(
      'Where that server may listen, since it has no TLS: on loopback, anywhere, or not at all, so that only `xds.tls` is served.',
    ),
  tls: tlsSchema(listenAddress).prefault({}),
  maxConnectionAgeMs: milliseconds(0, 86_400_000)
    .default(1_800_000)
    .describe('Age at which a client is asked to reconnect, ±10 %, so that clients spread over replicas; 0 is never.'),
  maxConnections: wholeNumber(1, 1_000_000)
    .default(20_000)
    .describe(
      'Connections of clients at once; where one more comes, one without a stream goes, or one of the address that has the most. The limit of open files (`ulimit -n`) has to be some 1,300 above it.',
    ),
  memoryBytes: wholeNumber(1_048_576, 1_099_511_627_776, 'number of bytes')
    .optional()
    .describe(
      'Bytes that clients may make it hold, all together; beyond it the largest loses its connection. Default: 40 % of the memory limit.',
    ),
  clientStatus: z
    .enum(['none', 'loopback'])
    .default('none')
    .describe(
      'Who may ask the xDS port for the state of every client (CSDS), as `grpcdebug` does: nobody, or callers on loopback, a `kubectl port-forward` among them.',
    ),
  replicas: z
    .strictObject({
      name: z
        .string()
        .max(253)
        .regex(/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9.])?$/, 'must be a DNS name')
        .optional()
        .describe(
          'DNS name with the addresses of all replicas, such as a headless Service. When a replica comes, every client is asked once to reconnect, so that they spread. Default: none; they spread with `maxConnectionAgeMs` alone.',
        ),
      perSecond: wholeNumber(1, 10_000)
        .default(20)
        .describe('How many clients each replica asks in a second then, at most; it takes 10 s at least.'),
    })
    .prefault({}),
});

const admin = z.strictObject({
  listen: listenAddress
    .default('127.0.0.1:18001')
    .describe('Address of the admin server: `/healthz`, `/readyz`, `/metrics`, `/config_dump`.'),
  debug: z
    .enum(['loopback', 'anywhere'])
    .default('loopback')
    .describe(
      'Who gets more than `/healthz`, `/readyz` and `/metrics`: callers on loopback, a `kubectl port-forward` among them, or all.',
    ),
});

const fileDiscovery = z.strictObject({
  path: z
    .string()
    .min(1)
    .optional()
    .describe('Endpoint file, relative to the configuration file. Default: no discovery by file.'),
});

const dnsDiscovery = z
  .strictObject({
    servers: z
      .array(parsedBy(parseDnsServer))
      .min(1, 'must name at least one server, or be left out')
      .max(8, 'must name at most 8 servers')
      .optional()
      .describe('DNS servers in order of preference, `IP` or `IP:PORT`. Default: those of `/etc/resolv.conf`.'),
    clusterDomain: z
      .string()
      .max(180)
      .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be a DNS name in lower case, without a dot at the end')
      .default('cluster.local')
      .describe('What follows `.svc.` in the names that are asked for.'),
    minIntervalMs: milliseconds(10, 3_600_000)
      .default(1_000)
      .describe('A name is asked for again after its TTL, but not sooner than this.'),
    maxIntervalMs: milliseconds(10, 3_600_000)
      .default(5_000)
      .describe('A name is asked for again after this even if its TTL is longer; also the longest back-off.'),
    timeoutMs: milliseconds(10, 60_000).default(1_000).describe('How long one server may take to answer a question.'),
    attempts: wholeNumber(1, 10)
      .default(2)
      .describe('How often all servers are gone through before a question has failed.'),
  })
  .superRefine(({ minIntervalMs, maxIntervalMs }, context) => {
    if (minIntervalMs <= maxIntervalMs) return;
    const message = `must not be larger than maxIntervalMs (${maxIntervalMs})`;
    context.addIssue({ code: 'custom', path: ['minIntervalMs'], message });
  });

const kubernetesDiscovery = z.strictObject({
  enabled: z
    .boolean('must be true or false')
    .optional()
    .describe(
      'Whether Services and EndpointSlices are taken from a Kubernetes API server. Default: `false`; has to be said where other fields are beside it.',
    ),
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Kubeconfig that names the API server, relative to the configuration file. Default: `KUBECONFIG`, else the pod's service account, else `~/.kube/config`.",
    ),
  context: z.string().min(1).optional().describe('Context of the kubeconfig. Default: its current one.'),
  namespaces: z
    .array(dnsLabel)
    .min(1, 'must name at least one namespace, or be left out')
    .max(100, 'must name at most 100 namespaces; leave it out for all')
    .optional()
    .describe('Namespaces whose Services are served, each with two watches. Default: all, which needs a ClusterRole.'),
  labelSelector: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Labels that a Service must have to be served, as `kubectl -l` has them. Default: all Services.'),
  events: z
    .boolean('must be true or false')
    .optional()
    .describe(
      'Whether ejected pods and refused annotations are written as Events, which needs the right to create and patch those. Default: `false`.',
    ),
});

const load = z.strictObject({
  reports: z
    .boolean('must be true or false')
    .default(false)
    .describe('Whether clients are asked what became of their calls (LRS), which `/load` and `evenkeel top` show.'),
  podLocalities: z
    .boolean('must be true or false')
    .default(true)
    .describe(
      'Whether clients that report and can take it get each endpoint as a locality, so that they report by pod. Others report by Service.',
    ),
  ejection: z
    .boolean('must be true or false')
    .default(true)
    .describe('Whether a pod that fails for everybody who calls it, by what clients report, is left out for a time.'),
});

const health = z.strictObject({
  intervalMs: milliseconds(10, 3_600_000).default(2_000).describe('Time between two checks of one endpoint.'),
  timeoutMs: milliseconds(10, 600_000).default(1_000).describe('A check without an answer for this long has failed.'),
  rise: wholeNumber(1, 100).default(2).describe('Successes in a row that make an unhealthy endpoint healthy again.'),
  fall: wholeNumber(1, 100).default(3).describe('Failures in a row that make a healthy endpoint unhealthy.'),
  jitter: z
    .number()
    .min(0, 'must be 0 to 1')
    .max(1, 'must be 0 to 1')
    .default(0.1)
    .describe('Share of the interval by which it varies at random, so that checks do not come in step.'),
});

/** `evenkeel.yaml`; an unknown field is an error. Every default of the configuration stands in a schema. */
export const configSchema = z
  .strictObject({
    apiVersion: z.literal('evenkeel.dev/v1').describe('Always `evenkeel.dev/v1`.'),
    kind: z.literal('Config').describe('Always `Config`.'),
    xds: xds.prefault({}),
    admin: admin.prefault({}),
    discovery: z
      .strictObject({
        file: fileDiscovery.prefault({}),
        kubernetes: kubernetesDiscovery.prefault({}),
        dns: dnsDiscovery.prefault({}),
      })
      .prefault({}),
    health: health.prefault({}),
    load: load.prefault({}),
    services: z
      .array(serviceSchema)
      .max(100_000)
      .default([])
      .describe('Services that are known beforehand: all that DNS is asked for, and what other sources lack.'),
    gateways: z
      .array(gatewaySchema)
      .max(100)
      .default([])
      .describe('Envoys in front of Services, each with the listener and the routes that it gets.'),
  })
  .superRefine(({ services, gateways }, context) => {
    for (const { at, message, params } of gatewayProblemsOf(gateways)) {
      context.addIssue({ code: 'custom', path: ['gateways', at, 'name'], message, params: { ...params } });
    }
    for (const { at, field, message, params } of problemsOf(services)) {
      const path = field === undefined ? ['services', at] : ['services', at, field];
      context.addIssue({ code: 'custom', path, message, params: { ...params } });
    }
  });

/** A checked configuration, every default filled in; addresses are still text. */
export type ConfigFile = z.output<typeof configSchema>;
