import type { ClientProcess } from '../../probe/client/client-process.ts';

/** Who finds the pods of a row, and how old connections to them get. */
export interface AgeSetting {
  readonly client: 'dns' | 'xds';
  /** As the pods are told, in milliseconds; undefined: no age. */
  readonly maxAgeMs: number | undefined;
  /** Least time between two questions to DNS, as the clients are told, in milliseconds. */
  readonly dnsMs: number;
  /** Pods to begin with. */
  readonly pods: number;
}

export interface AgedPod {
  readonly name: string;
  /** `HOST:PORT` */
  readonly address: string;
}

/** What a client process is made of. */
export type ClientArguments = ConstructorParameters<typeof ClientProcess>;

/** Where the pods of a sweep run: a lab, or a cluster as seen from a pod in it. */
export interface AgePlace {
  /** Resolves once all pods are as the setting says, and clients can find them. */
  start(setting: AgeSetting): Promise<AgedPods>;
}

/** The pods of one row. */
export interface AgedPods {
  readonly clients: ClientArguments;
  pods(): Promise<readonly AgedPod[]>;
  /** Processor time that they have taken, in milliseconds; null where nobody tells. */
  cpuMs(): Promise<number | null>;
  /** Resolves once there are so many, with when each new one was ready. */
  scaleOut(to: number): Promise<readonly (AgedPod & { readonly readyAt: number })[]>;
  end(): Promise<void>;
}
