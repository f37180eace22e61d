import { AlwaysOnSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace';
import type { Logger } from '../../base/log.ts';
import { startTracing } from '../../base/start-tracing.ts';
import { CallTracer } from './otel-tracer.ts';
import { PresetIds } from './preset-ids.ts';
import { EveryFormPropagator } from './propagator.ts';
import { setTracer } from './tracer.ts';

/** Who makes the spans. */
export interface Identity {
  /** `service.name`, unless `OTEL_SERVICE_NAME` says another. */
  readonly service: string;
  readonly pod: string | undefined;
  /** It records only calls for which it has decided already; the sampler of the environment is not asked again. */
  readonly decides?: boolean | undefined;
}

/**
 * Starts OpenTelemetry's SDK as its environment variables say and makes it the tracer of this process.
 *
 * @returns ends it, after it has sent what is left
 */
export function startTraces(identity: Identity, log: Logger, env: NodeJS.ProcessEnv): () => Promise<void> {
  const ids = new PresetIds();
  const stop = startTracing(identity, log, env, {
    textMapPropagator: new EveryFormPropagator(env.OTEL_PROPAGATORS),
    idGenerator: ids,
    // Who decides before it records must not be overruled.
    ...(identity.decides === true ? { sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }) } : {}),
  });
  setTracer(new CallTracer(ids));
  return async () => {
    await stop();
    setTracer(undefined);
  };
}
