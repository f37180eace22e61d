import { availableParallelism } from 'node:os';
import { type Case, callsPerSecond } from './case.ts';
import type { ClientId, ClientKind } from './clients.ts';
import type { ControlPlaneLaunch } from './control-plane.ts';
import { runCase } from './run-case.ts';
import { type Sources, World } from './world.ts';

export interface Cell {
  readonly client: ClientId;
  readonly case: string;
  /** `documented`: the client cannot do this, see the reason; `skipped`: it is not installed. */
  readonly status: 'passed' | 'failed' | 'documented' | 'skipped';
  readonly reason?: string;
  /** 1, or more if the machine stood still in earlier ones. */
  readonly attempt?: number;
  readonly calls?: number;
  readonly failed?: number;
  readonly failures?: Readonly<Record<string, number>>;
  readonly problems?: readonly string[];
  readonly steps?: readonly { readonly what: string; readonly ms: number }[];
}

/** The result of a run, as written to JSON. */
export interface Matrix {
  readonly schemaVersion: 1;
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly clients: readonly { readonly id: ClientId; readonly version?: string; readonly skipped?: string }[];
  readonly cases: readonly { readonly id: string; readonly title: string }[];
  readonly cells: readonly Cell[];
  /** Rejections that the control plane itself counted. */
  readonly nacks: number;
}

export interface MatrixOptions {
  readonly kinds: readonly ClientKind[];
  readonly cases: readonly Case[];
  readonly serve: (sources: Sources) => ControlPlaneLaunch;
  readonly onProgress?: (line: string) => void;
}

/**
 * How many clients share a control plane and a fleet of backends at a time. More would be nearer to a real fleet, but two
 * cores serve the calls of three with enough to spare that a deadline of a second says something about the client.
 */
const clientsAtOnce = 3;

/** Runs every case for every installed client, {@link clientsAtOnce} at a time. */
export async function runMatrix({ kinds, cases, serve, onProgress = () => {} }: MatrixOptions): Promise<Matrix> {
  const reasons = new Map(await Promise.all(kinds.map(async ({ id, missing }) => [id, await missing()] as const)));
  for (const [id, reason] of reasons) if (reason !== undefined) onProgress(`${id} skipped: ${reason}`);
  const installed = kinds.filter(({ id }) => reasons.get(id) === undefined);
  const groups: GroupResult[] = [];
  for (let from = 0; from < installed.length; from += clientsAtOnce) {
    groups.push(await runGroup(installed.slice(from, from + clientsAtOnce), cases, serve, onProgress));
  }
  const versions = new Map(groups.flatMap((group) => [...group.versions]));
  const skipped = kinds.flatMap(({ id }) => {
    const reason = reasons.get(id);
    return reason === undefined
      ? []
      : cases.map((one): Cell => ({ client: id, case: one.id, status: 'skipped', reason }));
  });
  return {
    schemaVersion: 1,
    conditions: conditions(),
    clients: kinds.map(({ id }) => ({ id, version: versions.get(id), skipped: reasons.get(id) })),
    cases: cases.map(({ id, title }) => ({ id, title })),
    cells: [...groups.flatMap(({ cells }) => cells), ...skipped],
    nacks: groups.reduce((total, { nacks }) => total + nacks, 0),
  };
}

interface GroupResult {
  readonly versions: ReadonlyMap<ClientId, string>;
  readonly cells: readonly Cell[];
  readonly nacks: number;
}

/** All cases for some clients, which go through each case at the same time. */
async function runGroup(
  kinds: readonly ClientKind[],
  cases: readonly Case[],
  serve: MatrixOptions['serve'],
  onProgress: (line: string) => void,
): Promise<GroupResult> {
  const names = kinds.map(({ id }) => id).join(', ');
  onProgress(`${names}: starting`);
  const world = await World.start(kinds, serve);
  try {
    const cells: Cell[] = [];
    for (const one of cases) await one.prepare?.(world);
    for (const [index, one] of cases.entries()) {
      onProgress(`${names}: case ${index + 1}/${cases.length}, ${one.title}`);
      cells.push(...(await runCase(world, one, onProgress)));
      for (const [id, problem] of world.broken) {
        cells.push({ client: id, case: one.id, status: 'failed', problems: [problem] });
      }
    }
    const versions = new Map(world.clients.map(({ id, version }) => [id, version]));
    return { versions, cells, nacks: await world.controlPlane.nacks() };
  } finally {
    await world.stop();
  }
}

function conditions(): Record<string, unknown> {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    clientsAtOnce,
    callsPerSecondPerClient: callsPerSecond,
    deadlineMs: 1000,
    retries: 'off',
    waitForReady: false,
  };
}
