import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/**
 * Bytes that this process may take: the limit of its cgroup (v1 or v2) where there is one, else what the host has.
 *
 * @param constrained - what the cgroup says, 0 or more than the host where it says nothing; default: asked
 */
export function memoryLimitBytes(constrained: number = process.constrainedMemory(), host: number = totalmem()): number {
  return constrained > 0 ? Math.min(constrained, host) : host;
}

/** Bytes that objects of JavaScript may take before V8 gives up (`--max-old-space-size`). */
export function heapLimitBytes(): number {
  return getHeapStatistics().heap_size_limit;
}
