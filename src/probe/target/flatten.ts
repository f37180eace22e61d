/** Text of an answer by the path of its field (`response.hostname`, `items.0.pod`); numbers and lists' ends are left out. */
export function flatten(value: unknown, path = '', into: Record<string, string> = {}): Record<string, string> {
  const deepest = 6;
  const most = 64;
  if (typeof value === 'string') {
    if (path !== '' && Object.keys(into).length < most) into[path] = value;
  } else if (typeof value === 'object' && value !== null && path.split('.').length <= deepest) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path === '' ? key : `${path}.${key}`, into);
  }
  return into;
}

/** The text at a path; numbers as text; undefined where there is neither. */
export function fieldAt(value: unknown, path: readonly string[]): string | undefined {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}
