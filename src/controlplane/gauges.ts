import type { MemoryBudget } from '@evenkeel/xds';
import { sum } from '../base/sum.ts';
import type { Unserved } from '../discovery/discovery.ts';
import type { HealthReport } from '../health/health-checker.ts';
import type { HealthState } from '../health/target.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Service } from '../model/service.ts';
import type { SourceAge } from './admin-server.ts';
import type { EmptyPort } from './empty-ports.ts';
import { endpointState } from './endpoint-state.ts';
import type { Metrics } from './metrics.ts';
import type { Conflict, SourceState } from './model-store.ts';
import type { PublishedService } from './publisher.ts';
import { typeLabel } from './type-label.ts';

/** Everything that gauges are read from. */
export interface GaugeInput {
  readonly version: string;
  readonly ready: boolean;
  readonly sources: readonly SourceState[];
  /** By the name of the source. */
  readonly unserved: ReadonlyMap<string, readonly Unserved[]>;
  readonly conflicts: readonly Conflict[];
  readonly services: readonly PublishedService[];
  readonly healthOf: (service: Service, endpoint: Endpoint) => HealthState | undefined;
  readonly healthReports: readonly HealthReport[];
  readonly streams: number;
  readonly ages: readonly SourceAge[];
  readonly withoutEndpoints: readonly EmptyPort[];
  /** What clients make the process hold. */
  readonly memory: Pick<MemoryBudget, 'usedBytes' | 'limits'>;
  /** When the certificate in force ends, milliseconds since 1970; undefined without TLS. */
  readonly certificateEndMs: number | undefined;
}

/** Reads all gauges; called when somebody asks for the metrics, so that nothing is spent on them otherwise. */
export function readGauges(metrics: Metrics, input: GaugeInput): void {
  const { sources, services } = input;
  const translated = services.flatMap((published) => published.translated ?? []);
  const assignments = translated.flatMap(({ assignments, local }) =>
    [assignments, ...local.values()].flatMap((each) => [...each.values()]),
  );

  metrics.set('evenkeel_build_info', [[{ version: input.version }, 1]]);
  metrics.set('evenkeel_ready', [[{}, Number(input.ready)]]);
  metrics.set(
    'evenkeel_discovery_synced',
    sources.map(({ name, synced }) => [{ source: name }, Number(synced)]),
  );
  metrics.set(
    'evenkeel_discovery_degraded',
    sources.map(({ name, degraded }) => [{ source: name }, Number(degraded !== undefined)]),
  );
  metrics.set(
    'evenkeel_discovery_namespaces_forbidden',
    [...input.unserved].flatMap(([source, parts]) => parts.map(({ namespace }) => [{ source, namespace }, 1] as const)),
  );
  metrics.set(
    'evenkeel_discovery_last_word_age_seconds',
    input.ages.map(({ name, lastWordAgeMs }) => [{ source: name }, lastWordAgeMs / 1000]),
  );
  metrics.set(
    'evenkeel_clients_without_endpoints',
    input.withoutEndpoints.map(({ name, clients }) => [{ assignment: name }, clients]),
  );
  metrics.set('evenkeel_discovery_conflicts', [[{}, input.conflicts.length]]);
  metrics.set('evenkeel_services', [[{}, services.length]]);
  metrics.set('evenkeel_services_incomplete', [
    [{}, services.filter(({ service }) => service.problems !== undefined).length],
  ]);
  metrics.set('evenkeel_services_rejected', [[{}, services.filter(({ rejected }) => rejected !== undefined).length]]);
  metrics.set('evenkeel_endpoints', endpointCounts(input));
  metrics.set('evenkeel_aliases', [[{}, sum(translated, ({ aliases }) => aliases.length)]]);
  metrics.set('evenkeel_aliases_refused', [[{}, sum(translated, ({ refused }) => refused.length)]]);
  metrics.set('evenkeel_largest_assignment_bytes', [
    [{}, assignments.reduce((most, { bytes }) => Math.max(most, bytes.length), 0)],
  ]);
  metrics.set(
    'evenkeel_health_targets',
    counts(input.healthReports, ({ state }) => ({ state })),
  );
  const { certificateEndMs } = input;
  metrics.set(
    'evenkeel_tls_certificate_expiry_timestamp_seconds',
    certificateEndMs === undefined ? [] : [[{}, certificateEndMs / 1000]],
  );
  metrics.set('evenkeel_xds_streams', [[{}, input.streams]]);
  metrics.set('evenkeel_xds_memory_bytes', [[{}, input.memory.usedBytes]]);
  metrics.set('evenkeel_xds_memory_limit_bytes', [[{}, input.memory.limits.totalBytes]]);
  metrics.set(
    'evenkeel_xds_resources',
    counts([...translated.flatMap(({ shared, own }) => [...shared, ...own]), ...assignments], ({ typeUrl }) => ({
      type: typeLabel(typeUrl),
    })),
  );
}

function endpointCounts({ services, healthOf }: GaugeInput): [Record<string, string>, number][] {
  return services.flatMap(({ service, selections }) =>
    service.ports.flatMap((port) =>
      counts(port.endpoints, (endpoint) => ({
        namespace: service.namespace,
        service: service.name,
        port: String(port.port),
        state: endpointState(endpoint, selections.get(port.port), healthOf(service, endpoint)),
      })),
    ),
  );
}

/** How many items have the same labels. */
function counts<Item>(
  items: readonly Item[],
  labelsOf: (item: Item) => Record<string, string>,
): [Record<string, string>, number][] {
  const found = new Map<string, [Record<string, string>, number]>();
  for (const item of items) {
    const labels = labelsOf(item);
    const key = JSON.stringify(labels);
    const known = found.get(key);
    if (known === undefined) found.set(key, [labels, 1]);
    else known[1] += 1;
  }
  return [...found.values()];
}
