import { counted } from '../base/words.ts';
import { serviceKey } from '../model/service.ts';
import type { Readiness, SourceAge } from './admin-server.ts';
import type { EmptyPort } from './empty-ports.ts';
import type { Conflict, SourceState } from './model-store.ts';
import type { PublishedService } from './publisher.ts';

/** So many names are listed; the rest is counted. */
const namesListed = 10;

/** What `/readyz` says. */
export function readinessOf({
  ready,
  sources,
  conflicts,
  waiting,
  rejected,
  withoutEndpoints = [],
  ages = [],
  others = [],
}: {
  readonly ready: boolean;
  readonly sources: readonly SourceState[];
  readonly conflicts: readonly Conflict[];
  readonly waiting: readonly string[];
  readonly rejected: readonly PublishedService[];
  /** Service ports that clients ask for and that have no endpoint. */
  readonly withoutEndpoints?: readonly EmptyPort[] | undefined;
  readonly ages?: readonly SourceAge[] | undefined;
  /** Problems of other parts. */
  readonly others?: readonly string[] | undefined;
}): Readiness {
  const reasons = sources
    .filter(({ synced }) => !synced)
    .map(({ name, degraded }) => {
      const why = degraded === undefined ? '' : `: ${degraded.message}`;
      return `source ${name} has not told everything yet${why}`;
    });
  if (waiting.length > 0) reasons.push(`first health checks are running: ${listNames(waiting)}`);
  const problems = sources.flatMap(({ name, degraded }) =>
    degraded === undefined ? [] : [`source ${name} fails: ${degraded.message}`],
  );
  if (rejected.length > 0) {
    const names = rejected.map(({ service }) => serviceKey(service));
    problems.push(`changes that clients would reject are not in force: ${listNames(names)}`);
  }
  if (conflicts.length > 0) {
    problems.push(`Services that two sources have: ${listNames(conflicts.map(({ service }) => service))}`);
  }
  if (withoutEndpoints.length > 0) {
    const names = withoutEndpoints.map(({ name, clients }) => `${name} (${counted(clients, 'client')})`);
    problems.push(`without endpoints, and asked for: ${listNames(names)}`);
  }
  return {
    ready,
    reasons: ready ? [] : reasons,
    degraded: [...problems, ...others],
    ...(ages.length > 0 ? { sources: ages } : {}),
  };
}

function listNames(names: readonly string[]): string {
  const rest = names.length - namesListed;
  return `${names.slice(0, namesListed).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
