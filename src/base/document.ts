import { readFile } from 'node:fs/promises';
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { ErrorCodeName } from './error-codes.ts';
import { type ErrorLocation, EvenkeelError, formatLocation, messageOf } from './errors.ts';
import { findJsonMistake } from './json-syntax.ts';
import { placeInText } from './place-in-text.ts';

/** Larger files are refused before they are parsed: nothing that evenkeel reads by hand is this large. */
export const maxDocumentBytes = 64 * 1024 * 1024;

/** Each anchor is compared with the others: many of them take time as their square. */
const maxAnchors = 1_000;
const anchor = /(?<![^\s,[{:?-])&[^\s,[\]{}]/g;
/** A string of a text that is JSON, and the colon behind it where it is a key. */
const stringInJson = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * Reads a YAML or JSON file (JSON is YAML) and checks it against a schema. What is called `.json` has to be JSON.
 *
 * @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX` or `EK_CONFIG_INVALID`, with file, line, column and field.
 */
export async function readDocument<S extends z.ZodType>(file: string, schema: S): Promise<z.output<S>> {
  return parseDocumentText(await readText(file), schema, file);
}

/**
 * The text of a file that a person named: UTF-8, or UTF-16 where a byte order mark says so (YAML 1.2, 5.2), as PowerShell writes it.
 *
 * @throws EvenkeelError `EK_FILE_READ`
 */
export async function readText(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
    const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : undefined;
    return encoding === undefined ? bytes.toString() : new TextDecoder(encoding).decode(bytes);
  } catch (cause) {
    throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}: ${messageOf(cause)}`, { file, cause });
  }
}

/** As {@link readDocument}, for text that is already in hand; `file` is only named in errors. */
export function parseDocumentText<S extends z.ZodType>(text: string, schema: S, file: string): z.output<S> {
  if (Buffer.byteLength(text) > maxDocumentBytes) {
    throw new EvenkeelError('EK_FILE_SYNTAX', `the file is larger than ${maxDocumentBytes} bytes`, { file });
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    const { line } = placeInText(text, nul);
    throw new EvenkeelError('EK_FILE_SYNTAX', 'the file is no text in UTF-8: it has a byte that is zero', {
      ...{ file, line, hint: 'Save it as UTF-8.' },
    });
  }
  // The YAML parser knows positions and takes ten times as long: what is good JSON needs none.
  const json = /^\s*[{[]/.test(text) ? parseJson(text) : undefined;
  if (json !== undefined) {
    const fast = schema.safeParse(json);
    if (fast.success) return fast.data;
  }
  const mistake = /\.json$/i.test(file) ? findJsonMistake(text.replace(/^\ufeff/, ' ')) : undefined;
  if (mistake !== undefined) {
    throw new EvenkeelError('EK_FILE_SYNTAX', mistake.message, { file, ...placeInText(text, mistake.offset) });
  }
  if ((text.match(anchor)?.length ?? 0) > maxAnchors) {
    throw new EvenkeelError('EK_FILE_SYNTAX', `the file has more than ${maxAnchors} anchors (&name)`, { file });
  }
  const lines = new LineCounter();
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      // `<<: *name`, as YAML 1.1 has it and kubectl takes it.
      merge: true,
      // Its warnings are about what the schema refuses, and would be written past the log.
      logLevel: 'error',
    });
  } catch (cause) {
    // Nested so deeply that the parser's stack does not suffice.
    throw new EvenkeelError('EK_FILE_SYNTAX', messageOf(cause), { file, cause });
  }
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    const several = 'the file has several documents, and one is expected: a second one begins here';
    const message = problem.code === 'MULTIPLE_DOCS' ? several : problem.message;
    throw new EvenkeelError('EK_FILE_SYNTAX', message, { file, line, column: col });
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

  // A misspelt field is an unknown one and a missing one; the unknown one is what the person can see in the file.
  // A file of another kind has other fields altogether.
  const { issues } = checked.error;
  const ofOtherKind = issues.find(
    ({ path, code }) => code === 'invalid_value' && path.length === 1 && /^(apiVersion|kind)$/.test(String(path[0])),
  );
  const named = data !== null && typeof data === 'object' && ofOtherKind !== undefined && ofOtherKind.path[0]! in data;
  const issue = (named ? ofOtherKind : issues.find((one) => one.code === 'unrecognized_keys')) ?? issues[0]!;
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey];
  const place = (of: readonly PropertyKey[]): ErrorLocation => {
    const offset = offsetOf(document.contents, of);
    const position = offset === undefined ? undefined : lines.linePos(offset);
    return { file, line: position?.line, column: position?.col, field: formatPath(of) };
  };
  if (unknownKey !== undefined) {
    throw new EvenkeelError('EK_CONFIG_INVALID', `unknown field "${String(unknownKey)}"`, place(path));
  }
  const params: RefinementParams = issue.code === 'custom' ? (issue.params ?? {}) : {};
  const first = params.first === undefined ? '' : `; the first one is at ${formatLocation(place(params.first))}`;
  if (data === null && path.length === 0) throw new EvenkeelError('EK_CONFIG_INVALID', 'the file is empty', { file });
  if (path.length === 0 && issue.code === 'invalid_type') {
    const kind = Array.isArray(data) ? 'a list' : `a ${typeof data}`;
    throw new EvenkeelError('EK_CONFIG_INVALID', `the file has to be fields (key: value), and is ${kind}`, { file });
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  throw new EvenkeelError(
    params.errorCode ?? 'EK_CONFIG_INVALID',
    missing ? `the field is missing (${issue.expected})` : `${issue.message}${first}`,
    place(path),
  );
}

/** What a schema's own refinement may say with `ctx.addIssue({ code: 'custom', path, message, params })`. */
export interface RefinementParams {
  /** The stable code to raise instead of `EK_CONFIG_INVALID`. */
  readonly errorCode?: ErrorCodeName | undefined;
  /** Where the value stands that this one repeats; the message gives its line too. */
  readonly first?: readonly PropertyKey[] | undefined;
}

/** The value, or undefined where the text is no JSON or says a key twice, of which `JSON.parse` would keep the last. */
function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  let keys = 0;
  for (const [, colon] of text.matchAll(stringInJson)) if (colon !== undefined) keys += 1;
  const open = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const values = Object.values(next);
    if (!Array.isArray(next)) keys -= values.length;
    for (const one of values) open.push(one);
  }
  return keys === 0 ? value : undefined;
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
