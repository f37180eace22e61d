import { printable, printableLines } from '../base/printable.ts';
import { counted } from '../base/words.ts';
import type { DeploymentRecord, LabRequestName, LabRequests, LabState, PodRecord } from '../lab/index.ts';
import { table as layOut, painter, wrap } from '../probe/print/layout.ts';

type Formats = { readonly [Name in LabRequestName]: (answer: LabRequests[Name]['answer']) => string };

/** What a person sees of each answer of a lab. */
export const formatAnswer: Formats = {
  state: (state) => formatState(state, Date.now()),
  scale: formatDeployment,
  rollout: formatDeployment,
  undo: formatDeployment,
  history: (revisions) =>
    table(
      ['REVISION', 'TEMPLATE', 'CAUSE'],
      revisions.map(({ revision, templateHash, cause }) => [String(revision), templateHash, cause || '-']),
    ),
  kill: (pod) => `pod ${printable(pod.name)} was sent the signal`,
  delete: (pod) => `pod ${printable(pod.name)} is terminating`,
  logs: (text) => printableLines(text.trimEnd()),
  down: ({ id, pods }) => `lab ${id} is down, ${counted(pods, 'pod')} ended`,
};

/** @param nowMs - wall-clock milliseconds, for the pods' age */
function formatState({ lab, deployments, services, pods }: LabState, nowMs: number): string {
  const sections = [
    wrap(
      `lab ${lab.id}, process ${lab.pid}, addresses ${lab.prefix}.x.y, DNS ${lab.dnsAddress}, seed ${lab.seed}`,
    ).join('\n'),
    table(
      ['DEPLOYMENT', 'READY', 'UP-TO-DATE', 'REVISION'],
      deployments.map(({ name, ready, replicas, updated, revision }) => [
        name,
        `${ready}/${replicas}`,
        String(updated),
        String(revision),
      ]),
    ),
    table(
      ['SERVICE', 'TYPE', 'PORT', 'ADDRESS'],
      services.flatMap(({ name, headless, ports }) =>
        ports.map((port) => [
          name,
          headless ? 'headless' : 'ClusterIP',
          `${port.name === '' ? '' : `${port.name} `}${port.port}${port.shifted ? ` (at ${port.boundPort})` : ''}`,
          port.address,
        ]),
      ),
    ),
    table(
      ['POD', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP', 'NODE', 'ZONE'],
      pods.map((pod) => podRow(pod, nowMs)),
    ),
    lab.notices.flatMap((notice) => wrap(notice, 2)).join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function podRow(pod: PodRecord, nowMs: number): string[] {
  const { name, ready, status, frozen, restarts, createdAt, ip, kubeNode, zone } = pod;
  return [
    name,
    ready ? 'yes' : 'no',
    frozen ? 'Frozen' : status,
    String(restarts),
    age(nowMs - createdAt),
    ip,
    kubeNode,
    zone,
  ];
}

function formatDeployment({ name, ready, replicas, updated, revision }: DeploymentRecord): string {
  return `${printable(name)}: ${ready} of ${counted(replicas, 'pod')} ready, ${updated} of revision ${revision}`;
}

/** Two units at most: `7s`, `3m20s`, `2h5m`. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
}

/** Names are whole: a person types them. An empty string without rows. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const columns = head.map((title) => ({ title, align: 'left', whole: true }) as const);
  const cells = rows.map((row) => row.map((text) => ({ text })));
  return layOut(columns, cells, painter(false)).join('\n');
}
