import { counted } from '../base/words.ts';
import type { ClientState } from '../controlplane/client-states.ts';
import type { ExplainedEndpoint } from '../controlplane/explain-port.ts';
import type { ExplainView } from '../controlplane/explain-view.ts';
import type { ReplicaAnswer } from './ask-replicas.ts';
import { clientFindings, clientsConcerned } from './client-findings.ts';
import { bySeverity, type Finding } from './finding.ts';
import type { ReadTarget } from './read-target.ts';
import { serviceFindings } from './service-findings.ts';
import { speaks } from './speaks.ts';
import { listed, sentence } from './words.ts';

/** What a client has of the target. */
export interface ExplanationClient {
  readonly client: string;
  readonly namespace: string | null;
  readonly speaks: string;
  /** Admin server of its control plane. */
  readonly replica: string;
  /** Names behind `xds:///` that it asks for and that lead there. */
  readonly asks: readonly string[];
  readonly state: ClientState;
  readonly why: string;
}

/** Why calls to a target get there or not. */
export interface Explanation {
  readonly target: string;
  /** No fault and no warning. */
  readonly inOrder: boolean;
  /** The cause, or that there is none, in a sentence. */
  readonly conclusion: string;
  /** The gravest first. */
  readonly findings: readonly Finding[];
  /** From the name to the pods; null: it does not lead anywhere. */
  readonly way: {
    readonly target: string;
    readonly service: string;
    readonly port: string;
    readonly source: string | null;
    readonly rule: string | null;
    /** Endpoints that clients get, and all. */
    readonly published: number;
    readonly total: number;
    readonly endpoints: readonly ExplainedEndpoint[];
  } | null;
  readonly clients: readonly ExplanationClient[];
  readonly replicas: readonly {
    readonly admin: string;
    readonly version: string | null;
    readonly error: string | null;
  }[];
}

export interface Question {
  /** As the person wrote it. */
  readonly text: string;
  readonly read: ReadTarget;
  readonly from?: string | undefined;
}

const lasting: ReadonlySet<string> = new Set(['client-rejected', 'client-stale', 'client-not-connected']);

/** Puts together what the control planes know. Pure. */
export function conclude({ text, read, from }: Question, answers: readonly ReplicaAnswer<ExplainView>[]): Explanation {
  const views = answers.flatMap(({ view }) => view ?? []);
  const ready = views.filter((view) => view.ready);
  // What one that has just started does not know yet is no news.
  const view = ready.find(({ service }) => service !== null) ?? ready[0] ?? views[0];
  const kubeNodes = [...new Set(views.flatMap(({ named }) => named.flatMap(({ node }) => node.kubeNode ?? [])))];
  const known = view === undefined || !view.ready ? [] : serviceFindings(view, kubeNodes);
  const broken = known.some(({ severity }) => severity === 'fault');
  const mistaken = mistakes(read, view);
  const findings = bySeverity([
    ...notReady(answers),
    ...known.filter(({ kind }) => kind !== 'malformed-target' || mistaken.length === 0),
    ...mistaken,
    ...silent(answers),
    // Of a target that leads nowhere all else that clients could have is a consequence.
    ...clientFindings(ready, from).filter(({ kind }) => !broken || lasting.has(kind)),
    ...differences(answers),
    ...degraded(views),
  ]);
  const worst = findings.find(({ severity }) => severity !== 'note');
  return {
    target: text,
    inOrder: worst === undefined,
    conclusion: worst?.text ?? allIsWell(view, ready, from),
    findings,
    way: wayOf(view),
    clients: answers.flatMap(({ admin, view: one }) => clientsOf(admin, one)),
    replicas: answers.map(({ admin, view: one, error }) => ({
      admin,
      version: one?.version ?? null,
      error: error?.message ?? null,
    })),
  };
}

function notReady(answers: readonly ReplicaAnswer<ExplainView>[]): Finding[] {
  return answers.flatMap(({ admin, view }): Finding[] => {
    if (view === undefined || view.ready) return [];
    const why = view.reasons.join('; ') || 'it is starting';
    const text = sentence(`Control plane ${admin} accepts no clients yet: ${why}`);
    return [{ kind: 'control-plane-not-ready', severity: 'fault', text }];
  });
}

function silent(answers: readonly ReplicaAnswer<ExplainView>[]): Finding[] {
  return answers.flatMap(({ admin, error }): Finding[] =>
    error === undefined
      ? []
      : [
          {
            kind: 'control-plane-silent',
            severity: 'fault',
            text: sentence(`Control plane ${admin} ${withoutAddress(error.message)}; its clients get no changes`),
            action: 'Restart it; its clients keep what they have, and go to another replica.',
          },
        ],
  );
}

/** What was asked stands in the sentence already. */
function withoutAddress(message: string): string {
  return message.replace(/^https?:\/\/\S+ /, '');
}

/** What is wrong with how the target is written, even where what is meant is served. */
function mistakes({ dials, mistake, name }: ReadTarget, view: ExplainView | undefined): Finding[] {
  // Where there is no such Service, what to write instead is not known.
  const right = view?.malformed === null && view.service !== null ? `: write xds:///${name}` : '';
  if (mistake !== undefined) {
    return [{ kind: 'malformed-target', severity: 'fault', text: sentence(`${mistake}${right}`) }];
  }
  if (dials !== 'dns' || view?.malformed !== null) return [];
  const text = sentence(
    `A client that dials dns:/// asks DNS and not the control plane, and keeps the pods that it found${right}`,
  );
  return [{ kind: 'not-xds', severity: 'warning', text }];
}

function differences(answers: readonly ReplicaAnswer<ExplainView>[]): Finding[] {
  const known = answers.flatMap(({ admin, view }) => {
    const port = view?.service?.port;
    return view?.ready === true ? [{ admin, published: port?.states.published ?? 0, has: view.service !== null }] : [];
  });
  const [first, ...others] = known;
  const other = others.find((one) => one.published !== first!.published || one.has !== first!.has);
  if (first === undefined || other === undefined) return [];
  const say = ({ admin, published, has }: typeof first): string =>
    `${admin} ${has ? `has ${counted(published, 'endpoint')}` : 'does not know the Service'}`;
  const text = sentence(`The control planes differ: ${say(first)}, ${say(other)}`);
  return [{ kind: 'control-planes-differ', severity: 'warning', text }];
}

function degraded(views: readonly ExplainView[]): Finding[] {
  const texts = new Set(views.flatMap((view) => view.degraded.filter((one) => one.startsWith('source '))));
  return [...texts].map((text) => ({
    kind: 'source-fails',
    severity: 'warning',
    text: sentence(`${text.charAt(0).toUpperCase()}${text.slice(1)}; the last good state is served`),
  }));
}

function allIsWell(view: ExplainView | undefined, views: readonly ExplainView[], from: string | undefined): string {
  const port = view?.service?.port;
  const published = port?.states.published ?? 0;
  const out = (port?.total ?? 0) - published;
  const left = out === 0 ? '' : ` (${out} more ${out === 1 ? 'is' : 'are'} not ready)`;
  return `In order: xds:///${view?.target} leads to ${counted(published, 'pod')}${left}${whoAcknowledged(views, from)}.`;
}

function whoAcknowledged(views: readonly ExplainView[], from: string | undefined): string {
  const asking =
    from === undefined ? views.reduce((sum, one) => sum + one.asking, 0) : clientsConcerned(views, from).length;
  if (asking === 0) return '';
  const of = from === undefined ? '' : ` of ${from}`;
  return `, and ${asking === 1 ? `the stream${of} that asks has` : `all ${asking} streams${of} that ask have`} acknowledged it`;
}

function wayOf(view: ExplainView | undefined): Explanation['way'] {
  const service = view?.service;
  if (view === undefined || service == null) return null;
  const { port, portNames } = service;
  return {
    target: `xds:///${view.target}`,
    service: `${service.namespace}/${service.name}`,
    port: port === null ? `none of ${listed(portNames)}` : `${port.port}${port.name === '' ? '' : ` (${port.name})`}`,
    source: service.source ?? null,
    rule: port?.because ?? null,
    published: port?.states.published ?? 0,
    total: port?.total ?? 0,
    endpoints: port?.endpoints ?? [],
  };
}

function clientsOf(replica: string, view: ExplainView | undefined): ExplanationClient[] {
  return (view?.clients ?? []).map(({ node, asks, here }) => ({
    client: node.id,
    namespace: node.namespace ?? null,
    speaks: speaks(node.userAgent),
    replica,
    asks,
    ...here,
  }));
}
