import { z } from 'zod';
import { compareText } from '../base/compare-text.ts';
import { type Diagnosis, diagnosesOf } from './diagnosis.ts';

const container = z.object({
  command: z.array(z.string()).nullish(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string().nullish() })).nullish(),
});

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.object({ containers: z.array(container) }),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish() }).nullish(),
});

type Pod = z.output<typeof podSchema>;

const { fault, warning, ok } = diagnosesOf('kubernetes');
/** So many workloads are named. */
const mostNamed = 20;

/** What the definitions of pods say: whether evenkeel runs, and which clients still dial DNS. Pure. */
export function podDiagnoses(objects: readonly unknown[]): Diagnosis[] {
  const pods = objects.flatMap((object) => podSchema.safeParse(object).data ?? []);
  return [installation(pods), ...dnsClients(pods)];
}

function installation(pods: readonly Pod[]): Diagnosis {
  const own = pods.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'evenkeel');
  if (own.length === 0) {
    return warning('No pod of evenkeel runs in this cluster', 'helm install evenkeel (docs/install.md).');
  }
  const ready = own.filter(({ status }) =>
    status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
  );
  const text = `${ready.length} of ${own.length} pods of evenkeel are ready`;
  const action = 'kubectl describe pods -A -l app.kubernetes.io/name=evenkeel';
  return ready.length === 0 ? fault(text, action) : ready.length < own.length ? warning(text, action) : ok(text);
}

/** Targets that are written into a pod, by its workload: what is read from elsewhere cannot be seen here. */
function dnsClients(pods: readonly Pod[]): Diagnosis[] {
  const found = new Map<string, { readonly target: string; readonly hasBootstrap: boolean }>();
  for (const { metadata, spec } of pods) {
    for (const { command, args, env } of spec.containers) {
      const texts = [...(command ?? []), ...(args ?? []), ...(env ?? []).flatMap(({ value }) => value ?? [])];
      const target = texts
        .map((text) => /dns:\/\/[^/\s,;"']*\/([^\s,;"']{1,253})/.exec(text)?.[1])
        .find((one) => one !== undefined);
      if (target === undefined) continue;
      const hasBootstrap = (env ?? []).some(({ name }) => name.startsWith('GRPC_XDS_BOOTSTRAP'));
      found.set(`${metadata.namespace}/${workloadOf(metadata.name)}`, { target, hasBootstrap });
    }
  }
  const all = [...found].sort(([a], [b]) => compareText(a, b));
  const rest = all.length - mostNamed;
  return [
    ...all
      .slice(0, mostNamed)
      .map(([workload, { target, hasBootstrap }]) =>
        warning(
          `${workload} dials dns:///${target}, so its calls stay with the pods that it found first`,
          `Write xds:///${target}${hasBootstrap ? '' : ', and give it a bootstrap: evenkeel bootstrap --kubernetes'}.`,
        ),
      ),
    ...(rest > 0 ? [warning(`${rest} workloads more dial dns:///`)] : []),
  ];
}

/** The Deployment or StatefulSet that the name of a pod shows. */
function workloadOf(pod: string): string {
  return pod.replace(/(?:-[a-z0-9]{6,10})?-(?:[bcdfghjklmnpqrstvwxz2456789]{5}|\d+)$/, '');
}
