import type { XdsNode } from '@evenkeel/xds';

/** How a client gets the endpoints of a Service: each as a locality of its own, or all in one. */
export const clientForms = ['pods', 'merged'] as const;

export type ClientForm = (typeof clientForms)[number];

interface Capability {
  /** What `user_agent_name` begins with; C-core adds platform and language to it. */
  readonly userAgent: string;
  /** First major and minor version that takes localities in turn where `RoundRobin` is the top level of the policy. */
  readonly from: readonly [major: number, minor: number];
}

/**
 * Clients that honour a top-level `RoundRobin` in `load_balancing_policy` (gRFC A52), by what was tried: no client feature
 * says so. One that does not, and gets each endpoint as a locality, draws between these by chance: 80 to 127 calls where 100
 * are even. For grpc-java and grpc-js it is the oldest version that there was to try. docs/load.md has the table.
 */
export const podCapabilities: readonly Capability[] = [
  { userAgent: 'gRPC Go', from: [1, 56] },
  { userAgent: 'gRPC C-core', from: [32, 0] },
  { userAgent: 'gRPC Java', from: [1, 50] },
  { userAgent: 'gRPC Node Pure JS', from: [1, 10] },
];

/**
 * The form that a client gets, by who it says it is; what is not known gets all endpoints in one locality, which is even
 * with every client. To be decided once a stream: a client that changes its form connects to every endpoint anew.
 */
export function clientFormOf({
  userAgentName,
  userAgentVersion,
}: Pick<XdsNode, 'userAgentName' | 'userAgentVersion'>): ClientForm {
  const known = podCapabilities.find(({ userAgent }) => isCalled(userAgentName, userAgent));
  // `C-core 32.0.0 Python 1.55.3` begins with the version that counts.
  const version = /(\d{1,6})\.(\d{1,6})/.exec(userAgentVersion);
  if (known === undefined || version === null) return 'merged';
  const [major, minor] = known.from;
  const actual = Number(version[1]);
  return actual > major || (actual === major && Number(version[2]) >= minor) ? 'pods' : 'merged';
}

/**
 * Whether a client may be told to weigh endpoints by what these say of themselves (gRFC A58). grpc-js, which does so from 1.14.0 on where a
 * variable asks for it, reads its .proto files anew for each answer that says something: 4 ms, in which it does nothing else, so that
 * with 300 calls a second a quarter of them missed a deadline of a second. No version is known that does not.
 */
export function canWeigh({ userAgentName }: Pick<XdsNode, 'userAgentName'>): boolean {
  return !isCalled(userAgentName, 'gRPC Node Pure JS');
}

function isCalled(name: string, userAgent: string): boolean {
  return name === userAgent || name.startsWith(`${userAgent} `);
}
