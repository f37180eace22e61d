/** Signals that ask a process to end: Ctrl-C, a supervisor, and the terminal that was closed. */
const endings = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type EndingSignal = keyof typeof endings;

const signals = Object.keys(endings) as EndingSignal[];

/**
 * Resolves with the signal's name on the first SIGINT, SIGTERM or SIGHUP; the listeners go with it.
 *
 * A second signal then has Node's default effect and ends the process at once, which is what an impatient person wants.
 */
export function terminationSignal(): Promise<EndingSignal> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const one of signals) process.off(one, stop);
      resolve(signal as EndingSignal);
    };
    for (const one of signals) process.on(one, stop);
  });
}

/**
 * Gives process 1 what every other process has: a signal that nobody waits for ends it. The kernel has no default action
 * there (pid_namespaces(7)), so a pod that is deleted while it starts would live on until it is killed. To be called
 * before anything else listens, since it looks at who else does.
 */
export function endOnUnawaitedSignals(): void {
  for (const signal of signals) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(endings[signal]);
    });
  }
}

/** Rejects with the signal's reason once it is aborted, whatever becomes of the work. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** What still holds a process that has been asked to end gets so much time. */
const leaveWithinMs = 300;

/**
 * Ends the process soon, with the exit code that it has by then, once what it printed is written: a name that is being
 * resolved or a connection that is being opened would hold it for as long as they take.
 */
export function leaveSoon(): void {
  setTimeout(() => {
    process.stdout.write('', () => process.stderr.write('', leave));
  }, leaveWithinMs).unref();
}

function leave(): void {
  // getaddrinfo(3) holds a thread for up to half a minute, and Node waits for its threads; what is put in its place does not.
  if (process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap') && typeof process.execve === 'function') {
    process.execve('/bin/sh', ['sh', '-c', `exit ${Number(process.exitCode ?? 0)}`], {});
  }
  process.exit();
}
