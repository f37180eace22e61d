import { typeUrls } from '@evenkeel/xds';

const labels = new Map<string, string>(Object.entries(typeUrls).map(([label, typeUrl]) => [typeUrl, label]));

/** All that there are. */
export const typeLabels: readonly string[] = [...labels.values(), 'other'];

/**
 * `listener`, `route`, `cluster`, `endpoint`, or `other`.
 *
 * Clients choose type URLs freely: as label values of metrics they would be without bound.
 */
export function typeLabel(typeUrl: string): string {
  return labels.get(typeUrl) ?? 'other';
}
