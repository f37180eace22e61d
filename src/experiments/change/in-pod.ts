import type { KubernetesFixture } from '../../environments/cluster/fixture.ts';
import { shortened } from '../../environments/cluster/shortened.ts';
import type { Progress } from '../../probe/index.ts';
import { callersOf, chooseGoClient, type GoChoice, versionOf } from './clients.ts';
import { measureAll } from './measure-all.ts';
import type { ChangeOptions } from './options.ts';
import type { ChangeKind, ChangeReport } from './report.ts';
import { templateOf } from './template.ts';

/** Measures from a pod of the cluster. */
export async function measureChangeInPod(
  kind: ChangeKind,
  options: ChangeOptions,
  fixture: KubernetesFixture,
  progress: Progress,
  signal: AbortSignal,
): Promise<ChangeReport> {
  const callers = callersOf(options.proof.schemes, options.clients);
  const chosen = process.env.EVENKEEL_GO_CLIENT ? await chooseGoClient(callers) : noImage;
  const { versions } = await fixture.conditions();
  return measureAll(
    kind,
    {
      environment: 'kubernetes',
      versions: { ...versions, ...versionOf(chosen) },
      clientDnsMs: shortened.clientDns.valueMs,
      goClient: chosen,
      prepare: (variant) => fixture.prepare(templateOf(variant)),
      open: () => ({ fixture, close: () => {} }),
    },
    options,
    progress,
    signal,
  );
}

const noImage: GoChoice = {
  missing: 'No image with the grpc-go client was named. Name one: --go-client-image IMAGE (docs/experiments.md)',
};
