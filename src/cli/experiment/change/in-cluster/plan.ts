import type { ChangeKind } from '../../../../probe/experiment/change/report.ts';
import type { ChangeOptions } from '../../change.ts';

/** What the pod that makes the calls is told of an experiment; plain data. */
export interface PlannedChange {
  readonly kind: ChangeKind;
  readonly options: ChangeOptions;
}
