import { EvenkeelError, messageOf } from '../base/errors.ts';
import { timeStamp } from '../base/time-stamp.ts';
import { checkName, podName, templateHash } from './names.ts';
import { Pod, type PodHost } from './pod.ts';
import type { Random } from './random.ts';
import type { DeploymentRecord, RevisionRecord } from './records.ts';
import { planReplacement } from './replacement.ts';
import { type DeploymentSpec, type KubeNode, labelsOf, type PodTemplate } from './spec.ts';

/** A machine with a few cores is busy enough with this many processes. */
const maxReplicas = 500;

interface Revision extends RevisionRecord {
  readonly template: PodTemplate;
  /** Of a restart: the revision that it restarted, so that its hash is a new one. */
  readonly restarted?: number | undefined;
}

/** What a deployment needs of the lab around it. */
export interface DeploymentHost extends PodHost {
  readonly nodes: readonly KubeNode[];
  readonly random: Random;
  takeAddress(): string;
  /** Names that no new pod may have. */
  podNames(): ReadonlySet<string>;
}

/** Keeps `replicas` pods of the newest revision, and replaces those of older ones step by step. */
export class Deployment {
  readonly name: string;
  readonly namespace: string;
  /** Every pod that exists, terminating ones included. */
  readonly pods = new Set<Pod>();
  readonly #spec: DeploymentSpec;
  readonly #host: DeploymentHost;
  #revisions: Revision[] = [];
  #replicas: number;
  #reconciling = false;
  #closed = false;
  #problem: string | undefined;
  #minReadyTimer: NodeJS.Timeout | undefined;

  /** @throws EvenkeelError `EK_LAB_SPEC` */
  constructor(spec: DeploymentSpec, host: DeploymentHost) {
    const { name, namespace = 'default', replicas = 1 } = spec;
    checkName(name, 'name', 40);
    checkName(namespace, 'namespace');
    this.name = name;
    this.namespace = namespace;
    this.#spec = spec;
    this.#host = host;
    this.#replicas = checkReplicas(replicas);
    this.#checkNode(spec.template);
    this.#addRevision(spec.template, '');
    this.reconcile();
  }

  get replicas(): number {
    return this.#replicas;
  }

  get closed(): boolean {
    return this.#closed;
  }

  record(): DeploymentRecord {
    const { revision, templateHash, template } = this.#newest;
    const updated = [...this.pods].filter((pod) => !pod.terminating && pod.options.templateHash === templateHash);
    return {
      name: this.name,
      namespace: this.namespace,
      labels: labelsOf(this.name, template),
      replicas: this.#replicas,
      updated: updated.length,
      ready: [...this.pods].filter((pod) => pod.ready).length,
      revision,
      templateHash,
      problem: this.#problem,
    };
  }

  history(): RevisionRecord[] {
    return this.#revisions.map(({ template: _template, restarted: _restarted, ...record }) => record);
  }

  /** @throws EvenkeelError `EK_LAB_SPEC` */
  scale(replicas: number): void {
    this.#replicas = checkReplicas(replicas);
    this.reconcile();
  }

  /**
   * A new revision: the newest template changed by `patch`; `env` and `labels` are merged, anything else is replaced.
   * Without a patch every pod is replaced by one like it.
   *
   * @throws EvenkeelError `EK_LAB_SPEC`
   */
  rollout(patch: Partial<PodTemplate> | undefined, cause: string): void {
    const { template, revision, restarted } = this.#newest;
    if (patch === undefined) this.#addRevision(template, cause, revision);
    else {
      this.#checkNode(patch);
      this.#addRevision(merge(template, patch), cause, restarted);
    }
    this.reconcile();
  }

  /**
   * Makes an older revision the newest; without a number the one before.
   *
   * @throws EvenkeelError `EK_LAB_UNKNOWN_NAME`
   */
  undo(revision?: number): void {
    const wanted =
      revision === undefined ? this.#revisions.at(-2) : this.#revisions.find((known) => known.revision === revision);
    if (wanted === undefined) {
      const known = this.#revisions.map((other) => other.revision).join(', ');
      const what = revision === undefined ? 'no revision before its first' : `no revision ${revision}`;
      throw new EvenkeelError('EK_LAB_UNKNOWN_NAME', `${this.name} has ${what}; it has: ${known}`);
    }
    this.#addRevision(wanted.template, wanted.cause, wanted.restarted);
    this.reconcile();
  }

  /** Something happened to a pod: plans the next step, once for everything that happens in this tick. */
  reconcile(): void {
    if (this.#reconciling || this.#closed) return;
    this.#reconciling = true;
    queueMicrotask(() => {
      this.#reconciling = false;
      if (!this.#closed) this.#step();
    });
  }

  /** No pod is made or replaced any more, and all are terminated. */
  close(graceMs?: number): void {
    this.#closed = true;
    clearTimeout(this.#minReadyTimer);
    for (const pod of this.pods) pod.terminate(graceMs);
  }

  get #newest(): Revision {
    return this.#revisions.at(-1)!;
  }

  #step(): void {
    const now = timeStamp();
    const minReadyMs = this.#spec.minReadyMs ?? 0;
    const alive = [...this.pods].filter((pod) => !pod.terminating);
    const { create, remove } = planReplacement(
      this.#replicas,
      this.#spec.rollingUpdate ?? {},
      alive.map((pod) => ({
        name: pod.name,
        kubeNode: pod.options.kubeNode,
        current: pod.options.templateHash === this.#newest.templateHash,
        ready: pod.ready,
        available: pod.ready && now - (pod.readyAt ?? now) >= minReadyMs,
        createdAt: pod.createdAt,
      })),
    );
    for (const pod of alive) if (remove.includes(pod.name)) pod.terminate();
    try {
      for (let index = 0; index < create; index++) this.#createPod();
      this.#problem = undefined;
    } catch (error) {
      this.#problem = messageOf(error);
      this.#host.log.error({ deployment: this.name }, this.#problem);
    }

    clearTimeout(this.#minReadyTimer);
    const waits = alive.filter((pod) => pod.ready).map((pod) => (pod.readyAt ?? now) + minReadyMs - now);
    const next = Math.min(...waits.filter((waitMs) => waitMs > 0));
    if (Number.isFinite(next)) this.#minReadyTimer = setTimeout(() => this.reconcile(), Math.ceil(next));
  }

  #createPod(): void {
    const { revision, templateHash, template } = this.#newest;
    const node = this.#host.nodes.find(({ name }) => name === template.kubeNode) ?? this.#leastUsedNode();
    const pod = new Pod(
      {
        name: podName(this.name, templateHash, this.#host.random, this.#host.podNames()),
        namespace: this.namespace,
        deployment: this.name,
        ip: this.#host.takeAddress(),
        kubeNode: node.name,
        zone: node.zone,
        region: node.region,
        revision,
        templateHash,
        template,
      },
      this.#host,
    );
    this.pods.add(pod);
    this.#host.changed(pod, 'created');
    pod.start();
  }

  #checkNode({ kubeNode }: Partial<PodTemplate>): void {
    if (kubeNode === undefined || this.#host.nodes.some(({ name }) => name === kubeNode)) return;
    const known = this.#host.nodes.map(({ name }) => name).join(', ');
    throw new EvenkeelError('EK_LAB_SPEC', `there is no machine ${kubeNode}; there are: ${known}`, {
      field: 'kubeNode',
    });
  }

  /** The machine with the fewest pods of this deployment; among equals the first. */
  #leastUsedNode(): KubeNode {
    const used = new Map<string, number>();
    for (const pod of this.pods) {
      if (!pod.terminating) used.set(pod.options.kubeNode, (used.get(pod.options.kubeNode) ?? 0) + 1);
    }
    return this.#host.nodes.reduce((best, node) =>
      (used.get(node.name) ?? 0) < (used.get(best.name) ?? 0) ? node : best,
    );
  }

  /** A template that was there before gets a new number and keeps its hash, so its pods need not be replaced. */
  #addRevision(template: PodTemplate, cause: string, restarted?: number): void {
    const hash = templateHash(restarted === undefined ? template : { template, restarted });
    if (hash === this.#revisions.at(-1)?.templateHash) return;
    const revision = (this.#revisions.at(-1)?.revision ?? 0) + 1;
    const older = this.#revisions.filter((known) => known.templateHash !== hash);
    const added = { revision, templateHash: hash, cause, createdAt: timeStamp(), template, restarted };
    this.#revisions = [...older, added].slice(-1 - (this.#spec.revisionHistoryLimit ?? 10));
  }
}

function merge(template: PodTemplate, patch: Partial<PodTemplate>): PodTemplate {
  const { env, labels, ...rest } = patch;
  return {
    ...template,
    ...rest,
    ...(env === undefined ? {} : { env: { ...template.env, ...env } }),
    ...(labels === undefined ? {} : { labels: { ...template.labels, ...labels } }),
  };
}

function checkReplicas(replicas: number): number {
  if (Number.isInteger(replicas) && replicas >= 0 && replicas <= maxReplicas) return replicas;
  throw new EvenkeelError('EK_LAB_SPEC', `${replicas} is not a number of replicas`, {
    field: 'replicas',
    hint: `Use a whole number from 0 to ${maxReplicas}.`,
  });
}
