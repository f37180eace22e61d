import type { DescMessage } from '@bufbuild/protobuf';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { type Described, linkFiles } from './link.ts';

/** What is going to be called. */
export interface Wanted {
  readonly service: string;
  readonly method: string;
}

/** How a person gave files. */
export interface Given {
  /** The flag that named them. */
  readonly field: '--proto' | '--protoset';
  /** Imports that were not found. */
  readonly absent: readonly string[];
  /** What to do where a type is missing. */
  readonly hint: string;
}

/**
 * Links files that a person gave: what the call needs has to be in them.
 *
 * @throws EvenkeelError `EK_FILE_SYNTAX`
 */
export function linkGiven(
  files: readonly FileDescriptorProto[],
  wanted: Wanted,
  { field, absent, hint }: Given,
): Described {
  const refused = (message: string, hint: string, cause?: unknown): EvenkeelError =>
    new EvenkeelError('EK_FILE_SYNTAX', message, { field, hint, cause });
  let linked: Described;
  try {
    linked = linkFiles(files, wanted.service);
  } catch (thrown) {
    throw refused(`the files cannot be used: ${messageOf(thrown)}`, 'Correct what the message names.', thrown);
  }
  const lack = lackOf(linked, wanted);
  if (lack === undefined) return linked;
  const notFound = absent.length === 0 ? '' : `; not found: ${absent.slice(0, 10).join(', ')}`;
  throw refused(`${lack.what} needs ${lack.type}, which no file defines${notFound}`, hint);
}

function lackOf(
  { registry, missing }: Described,
  { service, method }: Wanted,
): { readonly what: string; readonly type: string } | undefined {
  const own = missing.get(`${service}.${method}`);
  if (own !== undefined) return { what: `${service}/${method}`, type: `the message ${own}` };
  const found = registry.getService(service)?.methods.find(({ name }) => name === method);
  if (found === undefined || missing.size === 0) return undefined;
  const names = new Set([...reachable([found.input, found.output])].map(({ typeName }) => typeName));
  for (const [what, type] of missing) if (names.has(what.slice(0, what.lastIndexOf('.')))) return { what, type };
  return undefined;
}

function reachable(types: readonly DescMessage[]): Set<DescMessage> {
  const seen = new Set(types);
  for (const type of seen) for (const { message } of type.fields) if (message !== undefined) seen.add(message);
  return seen;
}
