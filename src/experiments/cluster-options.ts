import type { RawProveOptions } from '../environments/cluster/options.ts';

/** How the names of experiments' namespaces begin, unless something else is asked for. */
export const namespacePrefix = 'evenkeel-experiment';

/** The flags of a cluster as commander hands them over. */
export interface RawClusterOptions extends RawProveOptions {
  readonly goClientImage?: string | undefined;
}
