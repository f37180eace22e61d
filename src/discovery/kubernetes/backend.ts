/** The parts of an endpoint of an EndpointSlice that say what stands behind its address. */
export interface RawBackend {
  readonly hostname?: string | null;
  readonly nodeName?: string | null;
  readonly targetRef?: {
    readonly kind?: string | null;
    readonly namespace?: string | null;
    readonly name?: string | null;
    readonly uid?: string | null;
  } | null;
}

/** What stands behind an address; both are absent where the slice does not say it. */
export interface Backend {
  /** Unique in the life of a cluster: a pod that is made again under its old name has another one. */
  readonly uid?: string | undefined;
  /** `KIND NAMESPACE/NAME` of `targetRef`, or `HOSTNAME on NODE` where there is none. */
  readonly name?: string | undefined;
}

/** An endpoint without `targetRef` and without a hostname stands for itself. */
const unknown: Backend = {};

/** What `targetRef` names, of whatever kind; without one, what has this hostname on this node. */
export function backendOf({ targetRef, hostname, nodeName }: RawBackend, sliceNamespace: string): Backend {
  const { kind, namespace, name, uid } = targetRef ?? {};
  if (typeof name === 'string' && name !== '') {
    const text = `${kind ?? ''} ${namespace || sliceNamespace}/${name}`;
    return typeof uid === 'string' && uid !== '' ? { uid, name: text } : { name: text };
  }
  if (typeof hostname === 'string' && hostname !== '') return { name: `${hostname} on ${nodeName ?? ''}` };
  return unknown;
}

/** Whether both are known and are one. Hand-made slices may lack the `uid`; where both have one it decides. */
export function isSameBackend(one: Backend, other: Backend): boolean {
  if (one.uid !== undefined && other.uid !== undefined) return one.uid === other.uid;
  return one.name !== undefined && one.name === other.name;
}

/** Backends that can be asked for, each in constant time. */
export class BackendSet {
  readonly #uids = new Set<string>();
  readonly #names = new Set<string>();
  readonly #namesWithoutUid = new Set<string>();

  add({ uid, name }: Backend): void {
    if (uid !== undefined) this.#uids.add(uid);
    if (name === undefined) return;
    this.#names.add(name);
    if (uid === undefined) this.#namesWithoutUid.add(name);
  }

  /** Whether one of them is the same, as {@link isSameBackend} has it. */
  has({ uid, name }: Backend): boolean {
    if (uid === undefined) return name !== undefined && this.#names.has(name);
    return this.#uids.has(uid) || (name !== undefined && this.#namesWithoutUid.has(name));
  }
}
