import type { ChangeOptions } from './change/options.ts';
import type { ChangeKind } from './change/report.ts';
import type { ConnectionAgeOptions } from './connection-age/options.ts';

/** What the pod that makes the calls measures in place of a proof; plain data. */
export type PlannedExperiment =
  | { readonly kind: ChangeKind; readonly options: ChangeOptions }
  | { readonly kind: 'connection-age'; readonly options: ConnectionAgeOptions };
