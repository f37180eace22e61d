import { z } from 'zod';
import type { Measured } from '../../probe/is-measured.ts';
import { count, failedCalls, ms } from '../../probe/report-parts.ts';
import { rowReport } from '../row-report.ts';
import { wayNames } from './kinds.ts';

const named = {
  way: z.enum(wayNames).describe('Who decides which pods a caller calls.'),
  clients: count.describe('Clients that call together.'),
};

const share = z.number().nonnegative();

const stage = z.object({
  pods: count.describe('Ready pods of all zones.'),
  answered: count.describe('Calls that were answered meanwhile.'),
  busiest: share.nullable().describe('Calls of the busiest pod, of the mean; null: no call was answered.'),
  away: share.nullable().describe('Part of the calls that left their zone; null: no call was answered.'),
  failed: count.describe('Calls that failed since the stage before.'),
  leastAway: share.describe('The least that has to leave it if all pods get the same.'),
});

const figures = {
  calls: count.describe('Calls since all pods were counted, those included that are in no stage.'),
  ...failedCalls,
  stages: z.array(stage).describe('All pods; then one pod of the first zone less each time, until it has none.'),
};

/** The report of `evenkeel experiment zones`. */
export const zonesSchema = rowReport({
  kind: 'zones',
  named,
  figures,
  conditions: {
    pods: z.array(count).describe('Pods of each zone at the beginning.'),
    callers: z.array(count).describe('Percent of the calls that come from each zone.'),
    ratePerSecond: z.number().describe('Calls a second of each row, open loop.'),
    deadlineMs: ms.describe('Of each call.'),
    settleMs: ms.describe('From the first call to the first that counts.'),
    steadyMs: ms.describe('How long the first and the last stage take.'),
    eachMs: ms.describe('How long the others take; calls of the second half count.'),
  },
  rows: 'One row a way and number of clients.',
});

export type ZonesReport = z.infer<typeof zonesSchema>;
export type ZonesRow = ZonesReport['rows'][number];
export type MeasuredZones = Measured<ZonesRow>;
export type ZonesStage = z.infer<typeof stage>;
