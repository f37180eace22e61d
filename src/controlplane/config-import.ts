import { z } from 'zod';
import { dnsLabel } from '../discovery/schema-parts.ts';
import { type ConfigFile, configSchema } from './config-schema.ts';
import { problemsOf, type ServiceConfig, serviceSchema } from './config-services.ts';

const entry = z.strictObject({
  serviceName: dnsLabel,
  namespace: dnsLabel.default('default'),
  portName: dnsLabel.default('grpc'),
  protocol: z.literal('tcp').default('tcp'),
  grpcServiceName: z.string().default(''),
  zone: z.string().default(''),
  region: z.string().default(''),
});

/** `svc_config.json`: Services to look up by DNS, each checked by gRPC where `grpcServiceName` is given. */
export const svcConfigSchema = z.strictObject({ services: z.array(entry).max(100_000) }).transform(toConfig);

/** Whether a document is a `svc_config.json`: it has Services under their name there, and no `apiVersion`. */
export function isSvcConfig(data: unknown): boolean {
  if (typeof data !== 'object' || data === null || 'apiVersion' in data || !('services' in data)) return false;
  const { services } = data;
  if (!Array.isArray(services)) return false;
  return services.some((one) => typeof one === 'object' && one !== null && 'serviceName' in one);
}

function toConfig({ services }: { services: z.output<typeof entry>[] }, context: z.RefinementCtx): ConfigFile {
  const imported = services.map(
    ({ serviceName, grpcServiceName, ...rest }): ServiceConfig =>
      serviceSchema.parse({
        ...rest,
        name: serviceName,
        ...(grpcServiceName === '' ? {} : { grpcService: grpcServiceName }),
      }),
  );
  for (const { at, message, params } of problemsOf(imported)) {
    context.addIssue({ code: 'custom', path: ['services', at], message, params: { ...params } });
  }
  const defaults = configSchema.parse({ apiVersion: 'evenkeel.dev/v1', kind: 'Config' });
  return { ...defaults, services: imported };
}
