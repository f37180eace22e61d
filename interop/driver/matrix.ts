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

/** Runs every case once, with all installed clients at the same time. */
export async function runMatrix({ kinds, cases, serve, onProgress = () => {} }: MatrixOptions): Promise<Matrix> {
  const reasons = new Map(await Promise.all(kinds.map(async (kind) => [kind, await kind.missing()] as const)));
  for (const [{ id }, reason] of reasons) if (reason !== undefined) onProgress(`${id} skipped: ${reason}`);
  const installed = kinds.filter((kind) => reasons.get(kind) === undefined);
  onProgress(`starting ${installed.map(({ id }) => id).join(', ')}`);
  const world = await World.start(installed, serve);
  try {
    const cells: Cell[] = [];
    for (const one of cases) await one.prepare?.(world);
    for (const [index, one] of cases.entries()) {
      onProgress(`case ${index + 1}/${cases.length}: ${one.title}`);
      cells.push(...(await runCase(world, one, onProgress)));
      for (const kind of kinds) {
        const reason = reasons.get(kind);
        if (reason !== undefined) cells.push({ client: kind.id, case: one.id, status: 'skipped', reason });
      }
    }
    const versions = new Map(world.clients.map(({ id, version }) => [id, version]));
    return {
      schemaVersion: 1,
      conditions: conditions(),
      clients: kinds.map((kind) => ({ id: kind.id, version: versions.get(kind.id), skipped: reasons.get(kind) })),
      cases: cases.map(({ id, title }) => ({ id, title })),
      cells,
      nacks: await world.controlPlane.nacks(),
    };
  } finally {
    await world.stop();
  }
}

function conditions(): Record<string, unknown> {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    callsPerSecondPerClient: callsPerSecond,
    deadlineMs: 1000,
    retries: 'off',
    waitForReady: false,
  };
}
