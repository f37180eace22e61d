import { EvenkeelError } from '../../base/errors.ts';
import { decimal, wholeNumber } from '../../base/number-flag.ts';
import { parseDuration } from '../../probe/measure/duration.ts';
import { refuseClusterFlags } from '../cluster-flags.ts';

/** A cluster's DNS cannot be made faster, so ages are what they are there, and few. */
export const inCluster = { ages: '10s,30s,1m,2m', scale: 1 } as const;
export const defaults = {
  ages: '1s,10s,30s,1m,2m,5m,10m',
  scale: 30,
  dns: '30s',
  pods: 3,
  scaleTo: 6,
  clients: 3,
  rate: 50,
} as const;
export const fleet = { clients: 200, pods: 20, scaleOuts: 4, podsAdded: 5, cores: 1 } as const;

/** What `evenkeel experiment connection-age` measures; ages and intervals are those of a cluster. */
export interface ConnectionAgeOptions {
  readonly agesMs: readonly number[];
  readonly scale: number;
  readonly dnsMs: number;
  readonly pods: number;
  readonly scaleTo: number;
  readonly clients: number;
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly fleet: {
    readonly clients: number;
    readonly pods: number;
    readonly scaleOutsPerHour: number;
    readonly podsAdded: number;
    readonly coresPerPod: number;
    readonly dnsMs: number;
  };
}

/** @throws EvenkeelError `EK_USAGE` */
export function parseConnectionAge(
  given: Readonly<Record<string, string | boolean | undefined>>,
): ConnectionAgeOptions {
  refuseClusterFlags(given);
  const raw = given as Readonly<Record<string, string | undefined>>;
  const usual = given.kubernetes === true ? { ...defaults, ...inCluster } : defaults;
  const scale = decimal(raw.scale, '--scale', usual.scale, 1, 200);
  const agesMs = (raw.ages ?? usual.ages).split(',').map((age) => parseDuration(age.trim(), '--ages', { min: 1000 }));
  const pods = wholeNumber(raw.pods, '--pods', defaults.pods, 1, 50);
  const scaleTo = wholeNumber(raw.scaleTo, '--scale-to', Math.max(defaults.scaleTo, pods + 1), 2, 100);
  if (scaleTo <= pods) {
    throw new EvenkeelError('EK_USAGE', `--scale-to ${scaleTo} is not more than --pods ${pods}`, {
      field: '--scale-to',
    });
  }
  const dnsMs = parseDuration(raw.dnsInterval ?? defaults.dns, '--dns-interval', { min: 100 });
  return {
    agesMs: [...new Set(agesMs)].sort((a, b) => a - b),
    ...{ scale, dnsMs, pods, scaleTo },
    clients: wholeNumber(raw.clients, '--clients', defaults.clients, 1, 20),
    ratePerSecond: wholeNumber(raw.rate, '--rate', defaults.rate, 1, 1000),
    seed: wholeNumber(raw.seed, '--seed', 1, 0, 2 ** 31 - 1),
    fleet: {
      clients: wholeNumber(raw.fleetClients, '--fleet-clients', fleet.clients, 1, 1_000_000),
      pods: wholeNumber(raw.fleetPods, '--fleet-pods', fleet.pods, 1, 100_000),
      scaleOutsPerHour: decimal(raw.scaleOuts, '--scale-outs', fleet.scaleOuts, 0, 3600),
      podsAdded: wholeNumber(raw.podsAdded, '--pods-added', fleet.podsAdded, 1, 100_000),
      coresPerPod: decimal(raw.podCores, '--pod-cores', fleet.cores, 0.001, 1000),
      dnsMs,
    },
  };
}
