/**
 * What a command is started with so that it runs on one processor.
 *
 * @param first - and in real time, before all other programs (needs root): for a machine that is not quiet
 */
export function pin(processor: number, first: boolean): string[] {
  return ['taskset', '-c', String(processor), ...(first ? ['chrt', '--fifo', '10'] : [])];
}
