import type { Endpoint } from '../../model/endpoint.ts';
import type { ServicePort } from '../../model/service.ts';

/** A pod of a namespace. */
export interface NamedPod {
  readonly namespace: string;
  readonly pod: string;
}

/** Which pods Kubernetes sees serve, by Service and by node. */
export class ServingPods {
  /** As Kubernetes has them, by key of the Service. */
  readonly #ports = new Map<string, readonly ServicePort[]>();
  /** How many endpoints on a node serve; a node without one is not in it. */
  readonly #byNode = new Map<string, number>();

  /** Takes what Kubernetes says of a Service; undefined: it is gone. @returns what it said before */
  replace(key: string, ports: readonly ServicePort[] | undefined): readonly ServicePort[] {
    const before = this.#ports.get(key) ?? [];
    this.#count(before, -1);
    this.#count(ports ?? [], 1);
    if (ports === undefined) this.#ports.delete(key);
    else this.#ports.set(key, ports);
    return before;
  }

  /** Nodes on which something serves. */
  get nodes(): Iterable<string> {
    return this.#byNode.keys();
  }

  get isEmpty(): boolean {
    return this.#byNode.size === 0;
  }

  isOnNode(kubeNode: string): boolean {
    return this.#byNode.has(kubeNode);
  }

  /** Whether a Service besides this one has pods that serve, and none of these; by {@link podKey}. */
  hasOthers(key: string, pods: ReadonlySet<string>): boolean {
    return this.#ports.entries().some(([other, ports]) => {
      const serving = ports.flatMap(({ endpoints }) => endpoints.filter(isServing));
      return other !== key && serving.length > 0 && !serving.some(({ pod }) => pods.has(podKey(other, pod!)));
    });
  }

  /** The node of a pod, where it serves. */
  nodeOf({ namespace, pod }: NamedPod): string | undefined {
    for (const [key, ports] of this.#ports) {
      if (!key.startsWith(`${namespace}/`)) continue;
      for (const { endpoints } of ports) {
        const found = endpoints.find((endpoint) => endpoint.pod === pod && isServing(endpoint));
        if (found !== undefined) return found.kubeNode;
      }
    }
    return undefined;
  }

  #count(ports: readonly ServicePort[], by: 1 | -1): void {
    for (const { endpoints } of ports) {
      for (const endpoint of endpoints) {
        if (!isServing(endpoint)) continue;
        const count = (this.#byNode.get(endpoint.kubeNode!) ?? 0) + by;
        if (count === 0) this.#byNode.delete(endpoint.kubeNode!);
        else this.#byNode.set(endpoint.kubeNode!, count);
      }
    }
  }
}

/** Pods only: nobody watches over what else is in a slice. `serving` is what Kubernetes sees, whatever is published. */
export const isServing = ({ pod, kubeNode, conditions }: Endpoint): boolean =>
  pod !== undefined && kubeNode !== undefined && conditions.serving && !conditions.terminating;

/** A pod, as a Service with this key has it: names are those of its namespace. */
export function podKey(key: string, pod: string): string {
  return key.slice(0, key.indexOf('/') + 1) + pod;
}
