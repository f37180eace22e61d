/** Processor time of this process so far, milliseconds: all of it, so that other processes change it little. */
export function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
