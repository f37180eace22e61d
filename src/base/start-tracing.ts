import { setTimeout as delay } from 'node:timers/promises';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { defaultResource, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { Logger } from './log.ts';
import { TraceLog } from './trace-log.ts';
import { wantsZipkin } from './wants-traces.ts';

/** What is left is sent at the end within this time; a store that is away must not keep a pod from ending. */
const lastSendMs = 2000;

/**
 * Starts OpenTelemetry's SDK as its environment variables say, for spans alone.
 *
 * @param who - `service.name`, unless `OTEL_SERVICE_NAME` says another, and the pod
 * @returns ends it, after it has sent what is left
 */
export function startTracing(
  who: { readonly service: string; readonly pod: string | undefined },
  log: Logger,
  env: NodeJS.ProcessEnv,
  more: Partial<NodeSDKConfiguration> = {},
): () => Promise<void> {
  const sdk = new NodeSDK({
    resource: defaultResource().merge(resourceFromAttributes(resourceOf(who, env))),
    resourceDetectors: [envDetector],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
    ...(wantsZipkin(env) ? { traceExporter: new ZipkinExporter() } : {}),
    ...more,
  });
  sdk.start();
  diag.setLogger(new TraceLog(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  return async () => {
    const given = new AbortController();
    const sent = sdk.shutdown().catch(() => undefined);
    await Promise.race([sent, delay(lastSendMs, undefined, { signal: given.signal }).catch(() => undefined)]);
    given.abort();
  };
}

/** Resource attributes: the pod as Kubernetes knows it (semantic conventions, "Kubernetes" and "Cloud"). */
function resourceOf(
  { service, pod }: { readonly service: string; readonly pod: string | undefined },
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const known = {
    'service.name': service,
    'service.instance.id': pod,
    'k8s.pod.name': pod,
    'k8s.pod.ip': env.POD_IP,
    'k8s.namespace.name': env.POD_NAMESPACE,
    'k8s.node.name': env.NODE_NAME,
    'cloud.availability_zone': env.EVENKEEL_ZONE,
    'cloud.region': env.EVENKEEL_REGION,
  };
  return Object.fromEntries(Object.entries(known).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
