/**
 * What a command is started with so that it runs on one processor.
 *
 * @param first - and before other programs (needs root): for a machine that is not quiet. Not in real time: the threads of
 *   Node and Go wait for one another, and one that never gives way is waited for in vain.
 */
export function pin(processor: number, first: boolean): string[] {
  return [...(first ? ['nice', '-n', '-19'] : []), 'taskset', '-c', String(processor)];
}
