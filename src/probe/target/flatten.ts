const deepest = 6;
const most = 256;

/** Text of an answer by the path of its field (`response.hostname`, `items.0.pod`); numbers as text. */
export function flatten(
  value: unknown,
  path = '',
  into: Record<string, string> = {},
  depth = 0,
): Record<string, string> {
  if (typeof value === 'string' || typeof value === 'number') {
    if (path !== '' && Object.keys(into).length < most) into[path] = String(value);
  } else if (typeof value === 'object' && value !== null && depth <= deepest) {
    for (const [key, inner] of Object.entries(value)) {
      flatten(inner, path === '' ? key : `${path}.${key}`, into, depth + 1);
    }
  }
  return into;
}

/** The text at a path; numbers as text; undefined where there is neither. Names may have dots in them. */
export function fieldAt(value: unknown, path: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const key = path.slice(0, end);
    if (!Object.hasOwn(value, key)) continue;
    const inner = (value as Record<string, unknown>)[key];
    if (end < path.length) {
      const found = fieldAt(inner, path.slice(end + 1));
      if (found !== undefined) return found;
    } else if (typeof inner === 'string' || typeof inner === 'number') return String(inner);
  }
  return undefined;
}
