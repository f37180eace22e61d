/** What the page shows of the lab that its control plane runs in. */
export interface LabView {
  /** Those that stand behind a Service. */
  readonly deployments: readonly LabDeployment[];
  readonly pods: readonly LabPod[];
}

export interface LabDeployment {
  readonly name: string;
  /** Services that its pods are behind, as `NAMESPACE/NAME`. */
  readonly services: readonly string[];
  /** Pods that it is to have, and those of them that are ready. */
  readonly replicas: number;
  readonly ready: number;
  /** Why pods cannot be made at all; empty: they can. */
  readonly problem: string;
}

export interface LabPod {
  readonly name: string;
  /** Its process is stopped: connections stay, and nothing answers. */
  readonly frozen: boolean;
}

/** What the page can do to one pod. */
export const podActions = ['kill', 'freeze', 'thaw'] as const;

/** What the page can do: to a pod, or to a deployment. */
export type LabAction =
  | { readonly do: (typeof podActions)[number] | 'roll'; readonly name: string }
  | { readonly do: 'scale'; readonly name: string; readonly replicas: number };

/** Pods that the page may give a deployment: each is a process of this machine. */
export const mostReplicas = 50;
