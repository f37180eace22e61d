import { EvenkeelError } from '../base/errors.ts';
import { defaultAdmin } from '../live/ask-admin.ts';
import { fetchViews } from '../live/fetch-views.ts';
import { mergeViews } from '../live/merge-views.ts';
import { selectServices } from '../live/select-services.ts';
import type { LoadView } from '../load/load-view.ts';
import type { LiveOptions } from './live-options.ts';

/**
 * What the control planes that were named know.
 *
 * @throws EvenkeelError as `fetchViews` and `selectServices`
 */
export async function viewOf(
  { admin = [defaultAdmin], service = [] }: LiveOptions,
  signal?: AbortSignal,
): Promise<LoadView> {
  return selectServices(mergeViews(await fetchViews(admin, signal)), service);
}

/** @throws EvenkeelError `EK_USAGE` */
export function wholeNumber(text: string, field: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new EvenkeelError('EK_USAGE', `"${text}" is not a whole number from 1 to 999999`, { field });
}
