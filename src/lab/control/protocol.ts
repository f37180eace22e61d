import type { DeploymentRecord, PodRecord, RevisionRecord, ServiceRecord } from '../records.ts';
import type { LabInfo } from '../state-dir.ts';

/** What `GET /state` answers: the whole lab at one moment. */
export interface LabState {
  readonly lab: LabInfo & {
    readonly seed: number;
    readonly dnsAddress: string;
    readonly endpointsFile: string;
    readonly notices: readonly string[];
  };
  readonly deployments: readonly DeploymentRecord[];
  readonly services: readonly ServiceRecord[];
  readonly pods: readonly PodRecord[];
}

/** What can be asked of a lab: the name of each request, what it takes and what it answers. */
export interface LabRequests {
  state: { ask: Record<string, never>; answer: LabState };
  scale: { ask: { name: string; replicas: number; wait: boolean }; answer: DeploymentRecord };
  rollout: {
    ask: { name: string; env: Record<string, string>; cause: string; wait: boolean };
    answer: DeploymentRecord;
  };
  undo: { ask: { name: string; revision?: number | undefined; wait: boolean }; answer: DeploymentRecord };
  history: { ask: { name: string }; answer: readonly RevisionRecord[] };
  kill: { ask: { name: string; signal: NodeJS.Signals }; answer: PodRecord };
  delete: { ask: { name: string }; answer: PodRecord };
  logs: { ask: { name: string }; answer: string };
  down: { ask: Record<string, never>; answer: { readonly id: string; readonly pods: number } };
}

export type LabRequestName = keyof LabRequests;
