import type { EncodedResource } from '../resource.ts';

/** The resources as one group of nodes sees them, always the newest. */
export interface ResourceView {
  readonly group: string;
  /** A resource that a client names. */
  get(typeUrl: string, name: string): EncodedResource | undefined;
  /** The same for a client that asks for everything: undefined where a wildcard does not include it. */
  getByWildcard(typeUrl: string, name: string): EncodedResource | undefined;
  /** Names that a wildcard includes, each once. */
  wildcardNames(typeUrl: string): Iterable<string>;
  /** Version that the caller gave to the resources of a type, where he did. */
  givenVersion(typeUrl: string): string | undefined;
  /**
   * Whether it is not known yet if there is such a resource (`*`: or any that a wildcard includes), so that
   * a client that may have it must not lose it. Absent: everything is known.
   */
  isUndecided?(typeUrl: string, name: string): boolean;
  /** Whether there is any resource of this type. */
  hasType(typeUrl: string): boolean;
}
