import { EvenkeelError } from '../base/errors.ts';
import { fnv1a, type Random } from './random.ts';

/** What Kubernetes makes generated names of: no vowels and no look-alikes, so that no word and no doubt comes up. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** What the largest hash has. */
const hashDigits = 10;

/** Hash of a pod template, as in `be1-6b7fb94bfb`: alike for templates with the same content, and always as long. */
export function templateHash(template: unknown): string {
  const digits = String(fnv1a(JSON.stringify(sorted(template)))).padStart(hashDigits, '0');
  return Array.from(digits, (digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}

/** `be1-6b7fb94bfb-hf6zv`; never one of `taken`. */
export function podName(deployment: string, hash: string, random: Random, taken: ReadonlySet<string>): string {
  for (;;) {
    let suffix = '';
    for (let index = 0; index < 5; index++) suffix += alphabet[Math.floor(random() * alphabet.length)];
    const name = `${deployment}-${hash}-${suffix}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * Kubernetes' rule for names (RFC 1123 label): lower case letters, digits and `-`.
 *
 * @param maxLength - 63; less where something is appended
 * @throws EvenkeelError `EK_LAB_SPEC`
 */
export function checkName(name: string, field: string, maxLength = 63): void {
  if (name.length <= maxLength && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return;
  throw new EvenkeelError('EK_LAB_SPEC', `"${name}" is not a name that Kubernetes would take`, {
    field,
    hint: `Use at most ${maxLength} lower case letters, digits and "-", beginning and ending with a letter or digit.`,
  });
}

/** Keys in order, so that the order in which a template was written does not change its hash. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
