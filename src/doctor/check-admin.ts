import { z } from 'zod';
import { toEvenkeelError } from '../base/errors.ts';
import { clientsViewSchema } from '../explain/clients-view-schema.ts';
import { statusOf } from '../explain/status-rows.ts';
import { askAdmin } from '../live/ask-admin.ts';
import { type Diagnosis, diagnosesOf } from './diagnosis.ts';

const admin = diagnosesOf('admin');
const clock = diagnosesOf('clock');
const clients = diagnosesOf('clients');
/** Beyond it certificates and logs of both hosts do not fit together. */
const maxSkewMs = 5_000;
const timeoutMs = 3_000;

const readinessSchema = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string().max(20_000)).max(1_000),
  degraded: z.array(z.string().max(20_000)).max(1_000),
});

/**
 * Looks at a control plane through its admin server: ready, degraded, version, clock, clients.
 *
 * @param isNamed - false: it is where it would be by default, and may well not be there
 */
export async function checkAdmin(address: string, version: string, isNamed: boolean): Promise<Diagnosis[]> {
  let view: z.output<typeof clientsViewSchema>;
  const askedAt = Date.now();
  try {
    view = await askAdmin(address, '/clients?limit=100000', clientsViewSchema, { timeoutMs });
  } catch (thrown) {
    const error = toEvenkeelError(thrown);
    if (error.exitCode === 2) throw error;
    if (!isNamed) return [admin.skipped(`No control plane was asked: ${error.message}`, 'Name one with --admin.')];
    return [admin.fault(error.message, error.hint)];
  }
  const readiness = await askAdmin(address, '/readyz', readinessSchema, { timeoutMs }).catch(() => undefined);
  const skewMs = Math.abs(Date.parse(view.asOf) - askedAt);
  return [
    ...readinessOf(address, view.ready, view.reasons, readiness?.degraded ?? []),
    ...(view.version === version
      ? []
      : [admin.warning(`${address} is evenkeel ${view.version}, and this is ${version}`, 'Use the same version.')]),
    ...(skewMs > maxSkewMs
      ? [
          clock.warning(
            `The clock of ${address} differs by ${Math.round(skewMs / 1_000)} s from that of this host`,
            'Set both by NTP.',
          ),
        ]
      : [clock.ok(`The clock of ${address} agrees with that of this host`)]),
    ...clientDiagnoses(address, view),
  ];
}

function readinessOf(
  address: string,
  ready: boolean,
  reasons: readonly string[],
  degraded: readonly string[],
): Diagnosis[] {
  if (!ready) return [admin.fault(`${address} accepts no clients yet: ${reasons.join('; ')}`, 'Look at its log.')];
  if (degraded.length === 0) return [admin.ok(`${address} is ready`)];
  return degraded.map((problem) =>
    admin.warning(`${address} serves the last good state: ${problem}`, 'Look at its log.'),
  );
}

function clientDiagnoses(address: string, view: z.output<typeof clientsViewSchema>): Diagnosis[] {
  const { clients: rows, conclusion } = statusOf([{ admin: address, view }]);
  const off = rows.filter(({ state }) => state !== 'SYNCED');
  if (off.length > 0) return [clients.warning(conclusion, 'evenkeel status has all of them.')];
  return [clients.ok(conclusion)];
}
