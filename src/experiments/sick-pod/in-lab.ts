import { toEvenkeelError } from '../../base/errors.ts';
import { machine } from '../../environments/machine.ts';
import { versions } from '../../environments/versions.ts';
import type { Output } from '../../probe/output-flags.ts';
import { chooseGoClient, type GoChoice, versionOf } from '../change/clients.ts';
import { exitCodeOf } from '../rows.ts';
import { runInLab } from '../run-in-lab.ts';
import { whyNoBlackHole } from './black-hole.ts';
import { concludeSickPod } from './conclude.ts';
import type { Protection, Sickness } from './kinds.ts';
import { measureTogether } from './measure.ts';
import type { SickPodOptions } from './options.ts';
import { sickPodPage } from './page.ts';
import { printSickPod } from './print.ts';
import type { SickPodReport, SickPodRow } from './report.ts';
import { setSickPodStage } from './stage.ts';

/** Measures every sickness under every protection, one after the other; the answer is the exit code. */
export async function measureSickPod(options: SickPodOptions, output: Output): Promise<number> {
  const startedAt = new Date();
  const goClient = await chooseGoClient(options.clients.map((client) => ({ scheme: 'xds', client })));
  const noBlackHole = options.sicknesses.includes('black-hole') ? await whyNoBlackHole() : undefined;
  return runInLab<SickPodReport>({
    lab: { seed: options.seed },
    output,
    shown: {
      print: printSickPod,
      page: sickPodPage,
      exitCode: exitCodeOf,
    },
    async measure(lab, progress, signal) {
      const stage = await setSickPodStage(lab, options);
      const rows: SickPodRow[] = [];
      for (const sickness of options.sicknesses) {
        for (const protection of options.protections) {
          if (signal.aborted) break;
          progress.step(`${sickness}, ${protection}`);
          const skipped = sickness === 'black-hole' ? noBlackHole : undefined;
          rows.push(
            ...(skipped !== undefined
              ? rowsWithout(sickness, protection, options, 'skipped', skipped)
              : await measureTogether(lab, stage, [sickness, protection], options, goClient, signal).catch((thrown) => {
                  if (signal.aborted) return [];
                  const { code, message } = toEvenkeelError(thrown);
                  const clients = options.clients.filter((client) => client !== 'grpc-go' || isThere(goClient));
                  return rowsWithout(sickness, protection, { ...options, clients }, 'error', `${code}: ${message}`);
                })),
            ...missingGo(sickness, protection, options, goClient, skipped),
          );
        }
      }
      if (signal.aborted && rows.length === 0) throw signal.reason;
      const { seed, pods, latencyMs, ratePerSecond, deadlineMs, copies } = options;
      return {
        ...{ schemaVersion: 1, kind: 'sick-pod' },
        ...{ startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime() },
        conditions: {
          versions: { ...(await versions()), ...versionOf(goClient) },
          ...{ machine: machine(), seed, pods, latencyMs, ratePerSecond, deadlineMs, copies },
        },
        ...{ rows, interrupted: signal.aborted, conclusion: concludeSickPod(rows, signal.aborted) },
      };
    },
  });
}

function rowsWithout(
  sickness: Sickness,
  protection: Protection,
  { clients }: SickPodOptions,
  status: 'skipped' | 'error',
  reason: string,
): SickPodRow[] {
  return clients.map((client) => ({ sickness, protection, client, status, reason }));
}

function isThere(goClient: GoChoice): boolean {
  return goClient !== undefined && 'path' in goClient;
}

function missingGo(
  sickness: Sickness,
  protection: Protection,
  { clients }: SickPodOptions,
  goClient: GoChoice,
  skipped: string | undefined,
): SickPodRow[] {
  if (skipped !== undefined || !clients.includes('grpc-go') || goClient === undefined || 'path' in goClient) return [];
  return [{ sickness, protection, client: 'grpc-go', status: 'skipped', reason: goClient.missing }];
}
