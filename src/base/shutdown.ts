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

/**
 * Gives process 1 what every other process has: a signal that nobody waits for ends it. The kernel has no default action
 * there (pid_namespaces(7)), so a pod that is deleted while it starts would live on until it is killed. To be called
 * before anything else listens, since it looks at who else does.
 */
export function endOnUnawaitedSignals(): void {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(exitCode);
    });
  }
}
