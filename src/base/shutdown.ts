/**
 * Resolves with the signal's name on the first SIGINT or SIGTERM; the listeners go with it.
 *
 * A second signal then has Node's default effect and ends the process at once, which is what an impatient person wants.
 */
export function terminationSignal(): Promise<'SIGINT' | 'SIGTERM'> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve(signal as 'SIGINT' | 'SIGTERM');
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
