import { findEnvoy } from '../../../base/find-envoy.ts';
import type { Lab } from '../../../lab/index.ts';
import { concludeChange } from '../../../probe/experiment/change/conclude.ts';
import { changePage } from '../../../probe/experiment/change/page.ts';
import { printChange } from '../../../probe/experiment/change/print.ts';
import type { ChangeKind, ChangeReport, ExperimentRow } from '../../../probe/experiment/change/report.ts';
import type { Progress } from '../../../probe/index.ts';
import { LabFixture } from '../../lab/fixture.ts';
import { machine } from '../../lab/machine.ts';
import { shortened } from '../../lab/shortened.ts';
import { type Stage, setStage } from '../../lab/stage.ts';
import { versions } from '../../versions.ts';
import type { ChangeOptions } from '../change.ts';
import type { ExperimentOutput } from '../output.ts';
import { runInLab } from '../run-in-lab.ts';
import { observeOnce, rowOfError } from './observe.ts';
import { patchOf, type Variant } from './variants.ts';

/** Changes the pods under constant calls, once or once a variant; the answer is the exit code. */
export function measureChange(kind: ChangeKind, options: ChangeOptions, output: ExperimentOutput): Promise<number> {
  const startedAt = new Date();
  const { proof, endpointDelayMs } = options;
  const [from, to] = ends(kind, options);
  return runInLab<ChangeReport>({
    lab: { seed: proof.seed, dnsTtlSeconds: shortened.dnsTtl.valueMs / 1000, endpointDelayMs },
    output,
    async measure(lab, progress, signal) {
      const envoy = proof.schemes.includes('l7-envoy') ? await findEnvoy() : undefined;
      progress.step(`starting pods in lab ${lab.id}`);
      const stage = await setStage(lab, { schemes: proof.schemes, replicas: from, envoy });
      const rows: ExperimentRow[] = [];
      try {
        for await (const more of measureAll(kind, stage, options, progress, signal)) rows.push(...more);
      } catch (thrown) {
        if (!signal.aborted || rows.length === 0) throw thrown;
      }
      return {
        schemaVersion: 1,
        kind,
        startedAt: startedAt.toISOString(),
        durationMs: Date.now() - startedAt.getTime(),
        conditions: {
          versions: await versions(),
          machine: machine(),
          ...{ seed: proof.seed, from, to, endpointDelayMs, clientDnsMs: shortened.clientDns.valueMs },
          ...{ ratePerSecond: proof.scaleRatePerSecond, deadlineMs: proof.deadlineMs },
        },
        rows,
        interrupted: signal.aborted,
        conclusion: concludeChange(kind, rows, signal.aborted),
      };
    },
    print: printChange,
    page: changePage,
    exitCode: ({ interrupted, rows }) => (interrupted || rows.some(({ status }) => status === 'error') ? 3 : 0),
  });
}

function ends(kind: ChangeKind, { proof }: ChangeOptions): readonly [number, number] {
  if (kind === 'rolling-update') return [proof.replicas, proof.replicas];
  return kind === 'scale-out' ? [proof.replicas, proof.scaleTo] : [proof.scaleTo, proof.replicas];
}

async function* measureAll(
  kind: ChangeKind,
  stage: Stage,
  { proof, variants }: ChangeOptions,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<ExperimentRow[]> {
  const once = async (variant: Variant | undefined): Promise<ExperimentRow[]> => {
    const name = variant?.name ?? null;
    const fixture = new LabFixture(stage);
    try {
      progress.step(name === null ? kind : `${kind}: ${name}`);
      const wanted = {
        kind,
        schemes: proof.schemes,
        variant: name,
        retries: variant?.retries === true,
        options: proof,
      };
      return await observeOnce(fixture, wanted, progress, signal);
    } finally {
      fixture.close();
    }
  };
  for (const variant of variants.length === 0 ? [undefined] : variants) {
    try {
      if (variant !== undefined) await prepare(stage.lab, stage.backends, variant);
      yield await once(variant);
    } catch (thrown) {
      // What the other variants say stays true.
      if (signal.aborted || variant === undefined) throw thrown;
      yield proof.schemes.map((id) => rowOfError(id, variant.name, thrown));
    }
  }
}

/** All pods are as the variant says before anything is measured. */
async function prepare(lab: Lab, backends: readonly string[], variant: Variant): Promise<void> {
  for (const backend of backends) lab.rollout(backend, patchOf(variant), { cause: variant.name });
  await Promise.all(backends.map((backend) => lab.settled(backend)));
}
