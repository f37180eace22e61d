import { EvenkeelError } from '../../base/errors.ts';
import { wantsTraces } from '../../base/wants-traces.ts';
import type { DeploymentSpec } from '../../lab/index.ts';

/**
 * What pods of the lab need in their environment to send traces; empty where nobody wants any.
 *
 * @param url - `--traces`: Zipkin's API where it ends in `/api/v2/spans`, an OTLP endpoint otherwise. Undefined: the
 *   person's own `OTEL_…` variables decide
 * @param env - of the person; their further `OTEL_…` variables (sampler, limits) go to the pods too
 * @throws EvenkeelError `EK_USAGE`
 */
export function tracesEnvironment(url: string | undefined, env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const own = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[0].startsWith('OTEL_') && entry[0] !== 'OTEL_SERVICE_NAME' && entry[1] !== undefined,
  );
  if (url === undefined) return wantsTraces(env) ? Object.fromEntries(own) : {};
  const { protocol, pathname } = parse(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw refused(url);
  const kept = own.filter(([name]) => !/^OTEL_(SDK_DISABLED|TRACES_EXPORTER|EXPORTER_.*ENDPOINT)$/.test(name));
  const zipkin = pathname.endsWith('/api/v2/spans');
  return {
    ...Object.fromEntries(kept),
    OTEL_TRACES_EXPORTER: zipkin ? 'zipkin' : 'otlp',
    [zipkin ? 'OTEL_EXPORTER_ZIPKIN_ENDPOINT' : 'OTEL_EXPORTER_OTLP_ENDPOINT']: url,
  };
}

/** A deployment whose pods send traces under its name. */
export function traced(spec: DeploymentSpec, environment: Readonly<Record<string, string>>): DeploymentSpec {
  if (Object.keys(environment).length === 0) return spec;
  const env = { ...environment, OTEL_SERVICE_NAME: spec.name, ...spec.template.env };
  return { ...spec, template: { ...spec.template, env } };
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw refused(url);
  }
}

function refused(url: string): EvenkeelError {
  return new EvenkeelError('EK_USAGE', `"${url}" is not the address of a trace store`, {
    field: '--traces',
    hint: 'Write http://HOST:9411/api/v2/spans for Zipkin, or http://HOST:4318 for OTLP.',
  });
}
