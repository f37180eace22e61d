import { printable } from '../../base/printable.ts';
import { contradictionIn, type PolicyFields, type PolicyKey, policyFields, policyKeys } from '../../model/policy.ts';
import { annotationPrefix } from './kube-service.ts';

/** Characters of a wrong value that are shown. */
const longestShown = 100;

export type Annotations = Readonly<Record<string, string>>;

export interface ReadAnnotations {
  /** What they ask for. */
  readonly fields: PolicyFields;
  /** The values in force: what to give as `before` the next time. */
  readonly inForce: Annotations;
  readonly problems: readonly string[];
}

/**
 * What the annotations of a Service ask for: every field of policy, each with the key and the values that it has in
 * `services` of the configuration. Pure.
 *
 * A value that is no good does not replace one that was: the one in force before stays, until the annotation is
 * corrected or taken away.
 *
 * @param annotations - by key, without the prefix
 * @param before - the values that were in force for this Service
 */
export function readAnnotations(annotations: Annotations, before: Annotations = {}): ReadAnnotations {
  const problems: string[] = [];
  const inForce: Record<string, string> = {};
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(annotations)) {
    const name = annotationPrefix + key;
    if (!isPolicyKey(key)) {
      problems.push(`the annotation ${name} is unknown; known are ${policyKeys.join(', ')}`);
      continue;
    }
    const last = before[key];
    const { error } = parse(key, value);
    if (error !== undefined) {
      const instead = last === undefined ? 'it has no effect' : `"${last}" stays in force`;
      // Annotations may have 256 KiB, and what is wrong is logged.
      problems.push(
        `the annotation ${name} is "${printable(value, longestShown)}" and ${error.issues[0]!.message}; ${instead}`,
      );
      if (last === undefined) continue;
    }
    inForce[key] = error === undefined ? value : last!;
    fields[key] = parse(key, inForce[key]!).data;
  }
  const contradiction = contradictionIn(fields);
  if (contradiction !== undefined) problems.push(`the annotation ${annotationPrefix}grpcService ${contradiction}`);
  return { fields, inForce, problems };
}

function isPolicyKey(key: string): key is PolicyKey {
  return (policyKeys as string[]).includes(key);
}

/** Annotations are text; a boolean is one of two words, a number digits. */
function parse(key: PolicyKey, text: string) {
  const schema = policyFields[key];
  const value =
    text === 'true' || text === 'false' ? text === 'true' : /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  const meant = value === undefined ? undefined : schema.safeParse(value);
  return meant?.success ? meant : schema.safeParse(text);
}
