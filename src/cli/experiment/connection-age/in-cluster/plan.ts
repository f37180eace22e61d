import type { ConnectionAgeOptions } from '../../connection-age.ts';

/** What the pod that makes the calls is told of a sweep; plain data. */
export interface PlannedAges {
  readonly kind: 'connection-age';
  readonly options: ConnectionAgeOptions;
}
