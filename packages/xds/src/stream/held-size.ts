import type { JsonValue } from '@bufbuild/protobuf';
import type { XdsNode } from '../node.ts';
import type { TypeState } from './type-state.ts';

// What a stream makes the process hold, in bytes: estimates, measured with many streams at once, rather too high.

/** A stream with its call, before it has asked for anything. */
const streamBytes = 2 * 1024;
const typeBytes = 512;
/** A name beside its characters: where it is asked for, waited for, and found again when something changes. */
const nameBytes = 450;
/** A reference to a resource; its bytes are the cache's. */
const referenceBytes = 64;
const valueBytes = 64;

/** All of a stream. */
export function streamSize(types: readonly TypeState[], nodeBytes: number, hiddenBytes: number): number {
  let bytes = streamBytes + nodeBytes + hiddenBytes;
  for (const { subscription, acks } of types) {
    const { names, held, pendingCount, typeUrl } = subscription;
    bytes += typeBytes + typeUrl.length + names.size * nameBytes + subscription.nameBytes;
    bytes += (held.size + pendingCount) * referenceBytes + acks.references * 8;
    for (const { message } of acks.rejections) bytes += message.length * 2;
  }
  return bytes;
}

/** A node as it is kept. */
export function nodeSize({
  id,
  cluster,
  metadata,
  locality,
  userAgentName,
  userAgentVersion,
  clientFeatures,
}: XdsNode): number {
  return (
    sizeOf([id, cluster, userAgentName, userAgentVersion, ...Object.values(locality), ...clientFeatures]) +
    sizeOf(metadata)
  );
}

function sizeOf(value: JsonValue): number {
  if (typeof value === 'string') return valueBytes + value.length * 2;
  if (typeof value !== 'object' || value === null) return valueBytes;
  if (Array.isArray(value)) return value.reduce<number>((total, one) => total + sizeOf(one), valueBytes);
  return Object.entries(value).reduce(
    (total, [key, one]) => total + valueBytes + key.length * 2 + sizeOf(one),
    valueBytes,
  );
}
