export interface ReleaseInput {
  /** package.json of evenkeel. */
  readonly product: { readonly version: string; readonly dependencies: Readonly<Record<string, string>> };
  /** package.json of `@evenkeel/xds`. */
  readonly library: { readonly version: string };
  /** package.json of `@evenkeel/conformance`. */
  readonly suite: { readonly version: string; readonly dependencies: Readonly<Record<string, string>> };
  /** Chart.yaml. */
  readonly chart: string;
  /** Text of each changelog, by its path. */
  readonly changelogs: ReadonlyMap<string, string>;
  /** What `git status --porcelain` says. */
  readonly uncommitted: string;
}

/** Why no release can be made, a sentence each. */
export function releaseProblems(input: ReleaseInput): string[];
