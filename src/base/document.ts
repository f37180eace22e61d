import { readFile } from 'node:fs/promises';
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { EvenkeelError, messageOf } from './errors.ts';

/** Larger files are refused before they are parsed: nothing that evenkeel reads by hand is this large. */
export const maxDocumentBytes = 64 * 1024 * 1024;

/**
 * Reads a YAML or JSON file (JSON is YAML) and checks it against a schema.
 *
 * @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX` or `EK_CONFIG_INVALID`, with file, line, column and field.
 */
export async function readDocument<S extends z.ZodType>(file: string, schema: S): Promise<z.output<S>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}: ${messageOf(cause)}`, { file, cause });
  }
  return parseDocumentText(text, schema, file);
}

/** As {@link readDocument}, for text that is already in hand; `file` is only named in errors. */
export function parseDocumentText<S extends z.ZodType>(text: string, schema: S, file: string): z.output<S> {
  if (Buffer.byteLength(text) > maxDocumentBytes) {
    throw new EvenkeelError('EK_FILE_SYNTAX', `the file is larger than ${maxDocumentBytes} bytes`, { file });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw new EvenkeelError('EK_FILE_SYNTAX', problem.message, { file, line, column: col });
  }
  let data: unknown;
  try {
    // The alias bound is what stops a "YAML bomb": a few lines that expand to gigabytes.
    data = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new EvenkeelError('EK_FILE_SYNTAX', messageOf(cause), { file, cause });
  }
  const checked = schema.safeParse(data);
  if (checked.success) return checked.data;

  const issue = checked.error.issues[0]!;
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey];
  const offset = offsetOf(document.contents, path);
  const position = offset === undefined ? undefined : lines.linePos(offset);
  throw new EvenkeelError(
    'EK_CONFIG_INVALID',
    unknownKey === undefined ? issue.message : `unknown field "${String(unknownKey)}"`,
    { file, line: position?.line, column: position?.col, field: formatPath(path) },
  );
}

/** `services[0].name` */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

/** Offset of the deepest node on the path that exists; for a map entry its key, where a person looks first. */
function offsetOf(contents: Node | null, path: readonly PropertyKey[]): number | undefined {
  let node: Node | null = contents;
  let offset = node?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
      if (pair === undefined) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (node !== null && 'items' in node && typeof part === 'number') {
      const item = node.items[part] as Node | undefined;
      if (item === undefined) return offset;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else return offset;
  }
  return offset;
}
