import { kinds, typeUrlOf } from '../resources.ts';

/** A resource that is served, with the number of the change that made it what it is. */
export interface Served {
  readonly name: string;
  readonly value: Uint8Array;
  readonly version: number;
}

/** What is served of one type to one node. */
export interface ServedType {
  /** The number of the last change. */
  version: number;
  readonly resources: Map<string, Served>;
}

/** Make before break. */
export const sendingOrder: readonly string[] = [...kinds, 'SDS' as const].map((kind) => typeUrlOf[kind]);
