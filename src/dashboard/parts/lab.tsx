import { useState } from 'preact/hooks';
import { type LabDeployment, type LabPod, mostReplicas } from '../../feed/lab-view.ts';
import { count, whole } from '../model/figures.ts';
import type { Lab } from '../use-lab.ts';

/** What can be done to the deployments behind a Service, and what became of it. */
export function LabPanel({ lab, service }: { lab: Lab; service: string }) {
  const own = lab.view.deployments.filter(({ services }) => services.includes(service));
  if (own.length === 0) return undefined;
  return (
    <section class="lab" aria-label="Lab">
      {own.map((deployment) => (
        <DeploymentControls key={deployment.name} deployment={deployment} act={lab.act} />
      ))}
      <p role="status" class={lab.isError ? 'bad' : 'muted'}>
        {lab.outcome}
      </p>
    </section>
  );
}

function DeploymentControls({ deployment, act }: { deployment: LabDeployment; act: Lab['act'] }) {
  const { name, replicas, ready, problem } = deployment;
  // What is being written stays; until then it is what there is.
  const [wanted, setWanted] = useState<string>();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        act({ do: 'scale', name, replicas: Number(wanted ?? replicas) });
        setWanted(undefined);
      }}
    >
      <span>
        <b>{name}</b> <span class="muted">{`${whole(ready)} of ${count(replicas, 'pod')} ready`}</span>
      </span>
      <input
        type="number"
        required
        min={0}
        max={mostReplicas}
        value={wanted ?? replicas}
        aria-label={`Pods of ${name}`}
        onInput={(event) => setWanted(event.currentTarget.value)}
      />
      <button type="submit" class="act" aria-label={`Scale ${name}`}>
        Scale
      </button>
      <button type="button" class="act" aria-label={`Roll ${name}`} onClick={() => act({ do: 'roll', name })}>
        Roll
      </button>
      {problem !== '' && <span class="bad">{problem}</span>}
    </form>
  );
}

/** What can be done to a pod. */
export function PodControls({ pod: { name, frozen }, act }: { pod: LabPod; act: Lab['act'] }) {
  const change = frozen ? 'thaw' : 'freeze';
  const title = frozen ? 'Thaw' : 'Freeze';
  return (
    <>
      <button type="button" class="act" aria-label={`${title} ${name}`} onClick={() => act({ do: change, name })}>
        {title}
      </button>
      <button type="button" class="act" aria-label={`Kill ${name}`} onClick={() => act({ do: 'kill', name })}>
        Kill
      </button>
    </>
  );
}
