import { setTimeout as sleep } from 'node:timers/promises';
import { EvenkeelError } from '../../base/errors.ts';
import { timeStamp } from '../../base/time-stamp.ts';
import { xdsTarget } from '../../environments/targets.ts';
import type { Lab, PodRecord } from '../../lab/index.ts';
import { ClientProcess } from '../../probe/client/client-process.ts';
import { schemes, type Target } from '../../probe/index.ts';
import { addUp } from '../../probe/load/add-up.ts';
import type { CallRecord } from '../../verdict/call-record.ts';
import type { GoChoice, GrpcClient } from '../change/clients.ts';
import type { Protection, Sickness } from './kinds.ts';
import type { SickPodOptions } from './options.ts';
import type { SickPodRow } from './report.ts';
import { makeSick, type Stage } from './stage.ts';

const connectWithinMs = 10_000;
/** Calls before the pod becomes sick, where it is not from the beginning. */
const wellMs = 3_000;
/** A pod that is called this close to the end was never left. */
const tailMs = 1_500;

/** One sickness under one protection: all clients at once, as they are one fleet. */
export async function measureTogether(
  lab: Lab,
  stage: Stage,
  [sickness, protection]: readonly [Sickness, Protection],
  options: SickPodOptions,
  goClient: GoChoice,
  signal: AbortSignal,
): Promise<SickPodRow[]> {
  const missing = goClient !== undefined && 'missing' in goClient ? goClient.missing : undefined;
  const kinds = options.clients.filter((client) => client !== 'grpc-go' || missing === undefined);
  const all = kinds.flatMap((client) => Array.from({ length: options.copies }, () => client));
  const { target, env = {} } = targetOf(stage, sickness, protection);
  const go = goClient !== undefined && 'path' in goClient ? goClient.path : undefined;
  const clients = all.map(
    (kind) =>
      new ClientProcess({ scheme: schemes.xds, target, channelOptions: {} }, env, kind === 'grpc-go' ? go : undefined),
  );
  const abort = (): void => {
    for (const client of clients) void client.close();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.all(clients.map((client) => open(client)));
    const run = `${sickness}.${protection}`.replaceAll(' ', '-');
    const { ratePerSecond, durationMs, deadlineMs } = options;
    const each = ratePerSecond / clients.length;
    const runs = clients.map((client) =>
      client.run({ run, ratePerSecond: each, deadlineMs, calls: Math.round((each * durationMs) / 1_000) }),
    );
    const sick = stage.sickPod(sickness);
    await sleep(sickness === 'frozen' || sickness === 'black-hole' ? wellMs : 0, undefined, { signal });
    const sickAt = timeStamp();
    const heal = await makeSick(lab, sickness, sick);
    try {
      const results = await Promise.all(runs.map(({ result }) => result));
      return kinds.map((client) => {
        const records = results.filter((_result, index) => all[index] === client).flatMap(({ records }) => records);
        return rowOf({ sickness, protection, client }, sick, sickAt, records, deadlineMs);
      });
    } finally {
      await heal();
    }
  } finally {
    signal.removeEventListener('abort', abort);
    await Promise.all(clients.map((client) => client.close()));
  }
}

function targetOf(stage: Stage, sickness: Sickness, protection: Protection): Target {
  return xdsTarget(stage.serviceOf(sickness), 'default', stage.controlPlane(protection).xds, 'xds');
}

async function open(client: ClientProcess): Promise<void> {
  await client.configured();
  const problem = await client.open(connectWithinMs);
  if (problem !== undefined) throw new EvenkeelError('EK_PROBE_NO_ANSWER', `the client could not connect: ${problem}`);
}

function rowOf(
  head: { readonly sickness: Sickness; readonly protection: Protection; readonly client: GrpcClient },
  sick: PodRecord,
  sickAt: number,
  records: readonly CallRecord[],
  deadlineMs: number,
): SickPodRow {
  const { failed, failures, latencyOfAllMs } = addUp(records, deadlineMs);
  const address = `${sick.ip}:${sick.ports[0]!.port}`;
  const toSick = records
    .filter(({ pod, peer }) => pod === sick.name || (pod === undefined && peer === address))
    .map(({ sentAt }) => sentAt)
    .filter((at) => at >= sickAt);
  const end = Math.max(...records.map(({ sentAt }) => sentAt));
  const last = Math.max(...toSick);
  return {
    ...{ ...head, status: 'ok', calls: records.length, failed, failures, sentToSick: toSick.length },
    leftAfterMs: toSick.length === 0 ? 0 : end - last < tailMs ? null : Math.round(last - Math.min(...toSick)),
    p99OfAllMs: latencyOfAllMs.p99,
  };
}
