/**
 * Whether the environment asks for traces. The variables are OpenTelemetry's own ("Environment Variable Specification"),
 * with one difference: without any of them nothing is traced, where the specification would send to localhost.
 *
 * On: `OTEL_TRACES_EXPORTER` (`otlp`, `zipkin`, `console`), or an endpoint in `OTEL_EXPORTER_OTLP_ENDPOINT`,
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_ZIPKIN_ENDPOINT`. Off again: `OTEL_SDK_DISABLED=true`, or
 * `OTEL_TRACES_EXPORTER=none`.
 */
export function wantsTraces(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return false;
  const exporters = exportersIn(env);
  if (exporters.length > 0) return !exporters.includes('none');
  return [
    env.OTEL_EXPORTER_OTLP_ENDPOINT,
    env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    env.OTEL_EXPORTER_ZIPKIN_ENDPOINT,
  ].some((endpoint) => endpoint !== undefined && endpoint.trim() !== '');
}

/** Whether spans go to Zipkin's own API: as an exporter that is named, or as the only endpoint that is. */
export function wantsZipkin(env: NodeJS.ProcessEnv): boolean {
  const exporters = exportersIn(env);
  if (exporters.length > 0) return exporters.includes('zipkin');
  return !env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
}

function exportersIn(env: NodeJS.ProcessEnv): string[] {
  const names = (env.OTEL_TRACES_EXPORTER ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '');
}
