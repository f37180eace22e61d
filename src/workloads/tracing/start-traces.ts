import { setTimeout as delay } from 'node:timers/promises';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { defaultResource, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace';
import type { Logger } from '../../base/log.ts';
import { CallTracer } from './otel-tracer.ts';
import { PresetIds } from './preset-ids.ts';
import { EveryFormPropagator } from './propagator.ts';
import { TraceLog } from './trace-log.ts';
import { setTracer } from './tracer.ts';
import { wantsZipkin } from './wants-traces.ts';

/** Who makes the spans. */
export interface Identity {
  /** `service.name`, unless `OTEL_SERVICE_NAME` says another. */
  readonly service: string;
  readonly pod: string | undefined;
  /** It records only calls for which it has decided already; the sampler of the environment is not asked again. */
  readonly decides?: boolean | undefined;
}

/** What is left is sent at the end within this time; a store that is away must not keep a pod from ending. */
const lastSendMs = 2000;

/**
 * Starts OpenTelemetry's SDK as its environment variables say and makes it the tracer of this process.
 *
 * @returns ends it, after it has sent what is left
 */
export function startTraces(identity: Identity, log: Logger, env: NodeJS.ProcessEnv): () => Promise<void> {
  const ids = new PresetIds();
  const sdk = new NodeSDK({
    textMapPropagator: new EveryFormPropagator(env.OTEL_PROPAGATORS),
    resource: defaultResource().merge(resourceFromAttributes(resourceOf(identity, env))),
    resourceDetectors: [envDetector],
    idGenerator: ids,
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
    ...(wantsZipkin(env) ? { traceExporter: new ZipkinExporter() } : {}),
    // Who decides before it records must not be overruled.
    ...(identity.decides === true ? { sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }) } : {}),
  });
  sdk.start();
  diag.setLogger(new TraceLog(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  setTracer(new CallTracer(ids));
  return async () => {
    const given = new AbortController();
    const sent = sdk.shutdown().catch(() => undefined);
    await Promise.race([sent, delay(lastSendMs, undefined, { signal: given.signal }).catch(() => undefined)]);
    given.abort();
    setTracer(undefined);
  };
}

/** Resource attributes: the pod as Kubernetes knows it (semantic conventions, "Kubernetes" and "Cloud"). */
function resourceOf({ service, pod }: Identity, env: NodeJS.ProcessEnv): Record<string, string> {
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
