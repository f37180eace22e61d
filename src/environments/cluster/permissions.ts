/** A right on one kind of object. */
export interface Rule {
  /** API group; empty: the core. */
  readonly group: string;
  /** `pods`, or with a part of it: `pods/log`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}

/** What the pod that makes the calls may do, in the proof's namespace only. */
export const driverRules: readonly Rule[] = [
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'services', verbs: ['get'] },
  { group: 'apps', resource: 'deployments', verbs: ['get', 'patch'] },
  { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list'] },
];

/** What the proof's own control plane may do, in the proof's namespace only. */
export const readerRules: readonly Rule[] = [
  { group: '', resource: 'services', verbs: ['get', 'list', 'watch'] },
  { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['get', 'list', 'watch'] },
];

/** What whoever starts a proof needs in the cluster. */
const clusterRules: readonly Rule[] = [{ group: '', resource: 'namespaces', verbs: ['create', 'get', 'delete'] }];

/** What whoever starts a proof needs in the proof's namespace, besides what is granted to its pods. */
const ownRules: readonly Rule[] = [
  { group: '', resource: 'configmaps', verbs: ['create'] },
  { group: '', resource: 'pods', verbs: ['list', 'delete'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'serviceaccounts', verbs: ['create'] },
  { group: '', resource: 'services', verbs: ['create'] },
  { group: 'apps', resource: 'deployments', verbs: ['create'] },
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get'] },
  { group: 'rbac.authorization.k8s.io', resource: 'rolebindings', verbs: ['create'] },
  { group: 'rbac.authorization.k8s.io', resource: 'roles', verbs: ['create'] },
];

/** One question to the API: may I? */
export interface Need {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  /** Whether it is asked for the cluster as a whole; otherwise in the proof's namespace. */
  readonly clusterWide: boolean;
}

/**
 * Everything that whoever starts a proof must be allowed to do; pure. What is granted to a pod must be one's own first
 * (Kubernetes, "Privilege escalation prevention and bootstrapping").
 */
export function needs(): Need[] {
  const all = [
    ...clusterRules.map((rule) => ({ rule, clusterWide: true })),
    ...[...ownRules, ...driverRules, ...readerRules].map((rule) => ({ rule, clusterWide: false })),
  ];
  const found = new Map<string, Need>();
  for (const { rule, clusterWide } of all) {
    for (const verb of rule.verbs) {
      found.set(`${rule.group}/${rule.resource} ${verb}`, {
        group: rule.group,
        resource: rule.resource,
        verb,
        clusterWide,
      });
    }
  }
  return [...found.values()];
}

/** `create deployments.apps` */
export function nameOf({ verb, resource, group }: Need): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}
