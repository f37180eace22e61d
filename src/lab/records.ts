import type { ContainerPort, ServiceSpec } from './spec.ts';

export type PodStatus = 'Pending' | 'Running' | 'CrashLoopBackOff' | 'Terminating' | 'Ended';

/** How a process ended: one of the two is set. */
export interface ProcessExit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/** A pod at one moment; plain data. Times are {@link timeStamp}s in milliseconds. */
export interface PodRecord {
  readonly name: string;
  readonly namespace: string;
  readonly deployment: string;
  readonly ip: string;
  readonly ports: readonly ContainerPort[];
  readonly labels: Readonly<Record<string, string>>;
  readonly kubeNode: string;
  readonly zone: string;
  readonly region: string;
  readonly status: PodStatus;
  /** New calls may go there: its readiness probe passes and it is not terminating. */
  readonly ready: boolean;
  /** Its readiness probe passes, terminating or not. */
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Its process was stopped by SIGSTOP: it is there and does not answer. */
  readonly frozen: boolean;
  readonly restarts: number;
  /** Process id, while there is a process. */
  readonly pid?: number | undefined;
  readonly revision: number;
  readonly templateHash: string;
  readonly createdAt: number;
  /** The latest start of its process. */
  readonly startedAt?: number | undefined;
  /** The latest time that it became ready. */
  readonly readyAt?: number | undefined;
  readonly terminatingAt?: number | undefined;
  readonly endedAt?: number | undefined;
  readonly lastExit?: ProcessExit | undefined;
}

export type PodEventType =
  | 'created'
  | 'started'
  | 'ready'
  | 'unready'
  | 'terminating'
  | 'exited'
  | 'restarting'
  | 'ended';

export interface PodEvent {
  readonly type: PodEventType;
  readonly pod: PodRecord;
  readonly at: number;
}

export interface ServicePortRecord {
  readonly name: string;
  /** The port that the Service declares. */
  readonly port: number;
  /** Where its proxy listens; `port + 8000` where `shifted`. Of a headless Service the pods' port. */
  readonly boundPort: number;
  readonly shifted: boolean;
  readonly targetPort: number;
  readonly appProtocol?: string | undefined;
  /** `CLUSTERIP:BOUNDPORT`; of a headless Service `DNSNAME:PORT`. */
  readonly address: string;
}

export interface ServiceRecord {
  readonly name: string;
  readonly namespace: string;
  /** `be1-srv.default.svc.cluster.local` */
  readonly dnsName: string;
  readonly headless: boolean;
  readonly clusterIp?: string | undefined;
  readonly ports: readonly ServicePortRecord[];
  /** As the Service was given it. */
  readonly selector?: ServiceSpec['selector'];
}

export interface RevisionRecord {
  readonly revision: number;
  readonly templateHash: string;
  /** Why it was made: the `cause` of the rollout; empty where none was given. */
  readonly cause: string;
  readonly createdAt: number;
}

export interface DeploymentRecord {
  readonly name: string;
  readonly namespace: string;
  /** Labels of pods of the newest revision. */
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number;
  /** Pods of the newest revision that are not terminating. */
  readonly updated: number;
  readonly ready: number;
  readonly revision: number;
  readonly templateHash: string;
  /** Why pods cannot be made at all. */
  readonly problem?: string | undefined;
}
