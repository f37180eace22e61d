/** A pod that clients may be given. */
export interface PlanPod {
  /** `ADDRESS:PORT`, unique. */
  readonly key: string;
  /** Empty where unknown. */
  readonly zone: string;
  /** The Kubernetes node that it is on. */
  readonly kubeNode?: string | undefined;
  /** What a sentence calls it. Default: its key. */
  readonly pod?: string | undefined;
  /** Unique in the life of a cluster; a pod that is made anew has another one. Default: name or key. */
  readonly uid?: string | undefined;
}

/** A client that asks for the pods. */
export interface PlanClient {
  /** Unique, and the same again when the client reconnects. */
  readonly id: string;
  /** Empty where unknown. */
  readonly zone: string;
  /** The Kubernetes node that it is on. */
  readonly kubeNode?: string | undefined;
  /** `NAMESPACE/WORKLOAD`, as load reports name it; clients of one caller and zone are taken to be alike. Default: all are. */
  readonly caller?: string | undefined;
  /** Whether its calls are in {@link PlanInput.heard} if it makes any. Default false: it counts as much as others on average. */
  readonly reports?: boolean | undefined;
  /** Whether it follows weights of pods. Default false: it makes exact turns over what it is given. */
  readonly isWeighted?: boolean | undefined;
}

/** Calls of a caller in a zone, of a window of time that is the same for all. */
export interface HeardCalls {
  readonly caller: string;
  readonly zone: string;
  readonly calls: number;
}

/** Calls of a pod, and the time that they took. */
export interface Work {
  /** Calls that ended well. */
  readonly ended: number;
  /** Time that calls were under way, milliseconds, all together. */
  readonly inFlightMs: number;
  /** Calls that were seen under way, over all reports: how much it rests on. */
  readonly seen: number;
}

/** What is known of a pod's calls since it came: counts that only grow. */
export interface HeardWork extends Work {
  /** Of the pod. */
  readonly key: string;
}

/** What a Service asks of a plan. */
export interface PlanPolicy {
  /** Where calls stay as far as that keeps pods even. Default: they go everywhere alike. */
  readonly prefer?: 'zone' | 'node' | undefined;
  /** How long a pod that is new takes from a tenth of a share to a full one, milliseconds. Default: it has a full one at once. */
  readonly slowStartMs?: number | undefined;
  /** What is to be even: the calls under way at each pod, or what clients weigh themselves. Default: calls. */
  readonly balance?: 'work' | 'utilization' | undefined;
  /** Pods that each client is given; goes before the others. Default: as many as it takes. */
  readonly subset?: number | undefined;
}

/** All that a plan depends on: plain JSON, so that a recorded one can be planned again. */
export interface PlanInput {
  readonly policy: PlanPolicy;
  readonly pods: readonly PlanPod[];
  readonly clients: readonly PlanClient[];
  /** Milliseconds of any clock that never goes back, more than 0; needed for a slow start. */
  readonly nowMs?: number | undefined;
  /** Absent or empty: demand is taken from the number of clients. */
  readonly heard?: readonly HeardCalls[] | undefined;
  /** Needed where work is to be even; pods of which nothing is heard may be missing. */
  readonly work?: readonly HeardWork[] | undefined;
  /** What the plan before left; absent: there was none. */
  readonly state?: PlanState | undefined;
}

/** Clients that are given the same pods. */
export interface PlanGroup {
  /** Ids, in order. */
  readonly clients: readonly string[];
  /** Keys, in the order of the input. */
  readonly pods: readonly string[];
  /** Shares of their calls, by pod: whole numbers from 1 on. Absent: exact turns. */
  readonly weights?: readonly number[] | undefined;
}

/** What comes of it if all clients call as expected. */
export interface Expectation {
  /** Share of the calls of the busiest pod, over what is fair. */
  readonly busiest: number;
  /** Part of the calls that leaves the client's zone; absent where no zone is preferred. */
  readonly away?: number | undefined;
  /** The least that can leave it while all pods are even. */
  readonly leastAway?: number | undefined;
}

/** Which client is given which pods, and why. */
export interface Plan {
  readonly groups: readonly PlanGroup[];
  /** A sentence for each decision. */
  readonly why: readonly string[];
  readonly expected: Expectation;
  /** What the next plan is to be given. */
  readonly state: PlanState;
  /** When time alone changes the plan, as {@link PlanInput.nowMs}; absent: it does not. */
  readonly nextMs?: number | undefined;
}

/** A place of up to some dozens of clients that always get the same. */
export interface SeatState {
  readonly place: string;
  readonly clients: readonly string[];
  readonly pods: readonly string[];
}

/** What clients of a place are given that follow weights. */
export interface WeightedState {
  readonly place: string;
  readonly pods: readonly string[];
  readonly weights: readonly number[];
}

/** What is known of a pod's work, and what it gets for it. */
export interface WorkOfPod {
  readonly total: Work;
  /** The same of late: what is older has faded. */
  readonly recent: Work;
  /** The same of the last seconds. */
  readonly latest: Work;
  /** 1 is an equal share. */
  readonly share: number;
}

/** What is remembered of pods' work. */
export interface WorkState {
  /** By UID. */
  readonly pods: Readonly<Record<string, WorkOfPod>>;
  /** When it was heard, and when shares were last decided, as {@link PlanInput.nowMs}. */
  readonly atMs: number;
  readonly decidedMs: number;
  /** Whether shares are on the way to what is heard. */
  readonly following: boolean;
}

/** What is remembered from plan to plan. */
export interface PlanState {
  readonly seats: readonly SeatState[];
  /** Absent: no client follows weights. */
  readonly weighted?: readonly WeightedState[] | undefined;
  /** Calls that a client is taken to make, by `CALLER ZONE`, where 1 is the mean. */
  readonly weights: Readonly<Record<string, number>>;
  /** Whether these are on the way to what is heard. */
  readonly following: boolean;
  /** When pods came, by UID; 0: before there was a plan. Absent: they are not asked for. */
  readonly since?: Readonly<Record<string, number>> | undefined;
  /** Absent: work is not asked for. */
  readonly work?: WorkState | undefined;
}

/** There was no plan before. */
export const noState: PlanState = { seats: [], weights: {}, following: false };
