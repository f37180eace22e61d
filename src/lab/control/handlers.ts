import { constants } from 'node:os';
import { EvenkeelError } from '../../base/errors.ts';
import type { WaitOptions } from '../lab-options.ts';
import type { DeploymentRecord, PodRecord, RevisionRecord, ServiceRecord } from '../records.ts';
import type { PodTemplate } from '../spec.ts';
import type { LabInfo } from '../state-dir.ts';
import type { LabRequestName, LabRequests } from './protocol.ts';

/** What requests do to a lab; `Lab` is one. */
export interface ControlledLab {
  readonly id: string;
  readonly info: LabInfo;
  readonly seed: number;
  readonly dnsAddress: string;
  readonly endpointsFile: string;
  readonly notices: readonly string[];
  readonly drained: Promise<void>;
  deployments(): DeploymentRecord[];
  services(): ServiceRecord[];
  pods(): PodRecord[];
  pod(name: string): PodRecord;
  scale(name: string, replicas: number): void;
  rollout(name: string, patch?: Partial<PodTemplate>, options?: { readonly cause?: string | undefined }): void;
  undo(name: string, revision?: number): void;
  history(name: string): RevisionRecord[];
  settled(name: string, options?: WaitOptions): Promise<unknown>;
  kill(name: string, signal: NodeJS.Signals): void;
  deletePod(name: string): void;
  logs(name: string): string;
  stop(): Promise<void>;
}

type Handlers = {
  readonly [Name in LabRequestName]: (
    lab: ControlledLab,
    ask: LabRequests[Name]['ask'],
  ) => LabRequests[Name]['answer'] | Promise<LabRequests[Name]['answer']>;
};

/** Longest wait for pods that a request may ask for. */
const waitMs = 300_000;

/** What each request does to the lab. */
export const handlers: Handlers = {
  state: (lab) => ({
    lab: {
      ...lab.info,
      seed: lab.seed,
      dnsAddress: lab.dnsAddress,
      endpointsFile: lab.endpointsFile,
      notices: lab.notices,
    },
    deployments: lab.deployments(),
    services: lab.services(),
    pods: lab.pods(),
  }),
  async scale(lab, { name, replicas, wait }) {
    lab.scale(name, replicas);
    return settle(lab, name, wait);
  },
  async rollout(lab, { name, env, cause, wait }) {
    lab.rollout(name, Object.keys(env).length === 0 ? undefined : { env }, { cause });
    return settle(lab, name, wait);
  },
  async undo(lab, { name, revision, wait }) {
    lab.undo(name, revision);
    return settle(lab, name, wait);
  },
  history: (lab, { name }) => lab.history(name),
  kill(lab, { name, signal }) {
    if (!(signal in constants.signals))
      throw new EvenkeelError('EK_USAGE', `there is no signal ${signal}`, { field: '--signal' });
    lab.kill(name, signal);
    return lab.pod(name);
  },
  delete(lab, { name }) {
    lab.deletePod(name);
    return lab.pod(name);
  },
  logs: (lab, { name }) => lab.logs(name),
  async down(lab) {
    const pods = lab.pods().length;
    void lab.stop();
    // Not until it has stopped: the lab in turn waits for this answer.
    await lab.drained;
    return { id: lab.id, pods };
  },
};

async function settle(lab: ControlledLab, name: string, wait: boolean): Promise<LabRequests['scale']['answer']> {
  if (wait) await lab.settled(name, { timeoutMs: waitMs });
  return lab.deployments().find((deployment) => deployment.name === name)!;
}
