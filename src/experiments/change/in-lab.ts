import { findEnvoy } from '../../base/find-envoy.ts';
import { LabFixture } from '../../environments/lab/fixture.ts';
import { shortened } from '../../environments/lab/shortened.ts';
import { type Stage, setStage } from '../../environments/lab/stage.ts';
import { versions } from '../../environments/versions.ts';
import type { Lab } from '../../lab/index.ts';
import { schemesVia } from '../../probe/index.ts';
import type { Output } from '../../probe/output-flags.ts';
import { exitCodeOf } from '../rows.ts';
import { runInLab } from '../run-in-lab.ts';
import { callersOf, chooseGoClient, type GoChoice, versionOf } from './clients.ts';
import { ends, measureAll, type Place } from './measure-all.ts';
import type { ChangeOptions } from './options.ts';
import { changePage } from './page.ts';
import { printChange } from './print.ts';
import type { ChangeKind, ChangeReport } from './report.ts';
import { patchOf, type Variant } from './variants.ts';

/** Changes the pods of a lab under constant calls, once or once a variant; the answer is the exit code. */
export async function measureChange(kind: ChangeKind, options: ChangeOptions, output: Output): Promise<number> {
  const { proof, clients, endpointDelayMs } = options;
  const goClient = await chooseGoClient(callersOf(proof.schemes, clients));
  return runInLab<ChangeReport>({
    lab: {
      ...{ seed: proof.seed, dnsTtlSeconds: shortened.dnsTtl.valueMs / 1000 },
      endpointDelayMs: endpointDelayMs ?? 0,
    },
    output,
    shown: { print: printChange, page: changePage, exitCode: exitCodeOf },
    async measure(lab, progress, signal) {
      const envoy = schemesVia(proof.schemes, 'proxy').length > 0 ? await findEnvoy() : undefined;
      const stage = await setStage(lab, { schemes: proof.schemes, replicas: ends(kind, options)[0], envoy });
      return measureAll(kind, await placeOf(stage, goClient), options, progress, signal);
    },
  });
}

async function placeOf(stage: Stage, goClient: GoChoice): Promise<Place> {
  return {
    environment: 'lab',
    versions: { ...(await versions()), ...versionOf(goClient) },
    clientDnsMs: shortened.clientDns.valueMs,
    goClient,
    prepare: (variant) => prepare(stage.lab, stage.backends, variant),
    open: () => {
      const fixture = new LabFixture(stage);
      return { fixture, close: () => fixture.close() };
    },
  };
}

async function prepare(lab: Lab, backends: readonly string[], variant: Variant): Promise<void> {
  for (const backend of backends) lab.rollout(backend, patchOf(variant), { cause: variant.name });
  await Promise.all(backends.map((backend) => lab.settled(backend)));
}
