import type { ApiReader } from './api-client.ts';
import { badAnswer, ExpiredError } from './api-errors.ts';
import { type Collection, type KubeObject, pathOf, targetOf } from './collection.ts';

/** Objects a page: what is parsed at once is the most memory that a list takes. */
const pageSize = 500;
/** A server that always has one more page is broken. */
const maxPages = 10_000;

export interface Listed<Item> {
  readonly items: ReadonlyMap<string, Item>;
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

/**
 * Everything that exists, as of one moment: all pages or an error, never a part.
 *
 * No `resourceVersion` is asked for, so the answer is not older than the request; an old one (`0`) could lack what was
 * seen before, and what is lacking counts as deleted.
 *
 * @throws EvenkeelError `EK_KUBE_…`, or the signal's reason
 */
export async function list<Item extends KubeObject>(
  client: ApiReader,
  collection: Collection<Item>,
  signal: AbortSignal,
): Promise<Listed<Item>> {
  try {
    return await listPages(client, collection, { limit: String(pageSize) }, signal);
  } catch (error) {
    if (!(error instanceof ExpiredError)) throw error;
    // The pages were asked for more slowly than the server forgets (5 minutes); the pages so far are of no use.
  }
  try {
    return await listPages(client, collection, {}, signal);
  } catch (error) {
    // A list that names no version cannot be too old.
    throw error instanceof ExpiredError ? badAnswer(targetOf('list', collection), error.message) : error;
  }
}

async function listPages<Item extends KubeObject>(
  client: ApiReader,
  collection: Collection<Item>,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Listed<Item>> {
  const target = targetOf('list', collection);
  const items = new Map<string, Item>();
  let next: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const path = pathOf(collection, { ...parameters, ...(next === undefined ? {} : { continue: next }) });
    const body = asListBody(await client.json(path, target, signal));
    if (body === undefined) throw badAnswer(target, 'it is no list');
    for (const object of body.items) {
      const item = collection.read(object);
      // Half a list would look as if the other half had been deleted.
      if (item === undefined) throw badAnswer(target, 'an object in the list has no name or no version');
      items.set(item.key, item);
    }
    const { resourceVersion, continue: following } = body.metadata;
    if (following === undefined || following === '') return { items, resourceVersion };
    next = following;
  }
  throw badAnswer(target, `it has more than ${maxPages} pages`);
}

interface ListBody {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string | undefined };
  readonly items: readonly unknown[];
}

/** Go writes an empty list as null; an answer without the field at all is no list. */
function asListBody(value: unknown): ListBody | undefined {
  if (typeof value !== 'object' || value === null || !('items' in value) || !('metadata' in value)) return undefined;
  const { items, metadata } = value as { items: unknown; metadata: unknown };
  const version = (metadata as { resourceVersion?: unknown } | null)?.resourceVersion;
  if (typeof version !== 'string' || version === '') return undefined;
  if (items === null) return { metadata: metadata as ListBody['metadata'], items: [] };
  return Array.isArray(items) ? { metadata: metadata as ListBody['metadata'], items } : undefined;
}
