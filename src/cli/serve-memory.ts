/**
 * What Node is started with where it runs `serve`.
 *
 * A young generation of two or three times 2 MiB, instead of some 60. What a control plane makes for a change, or for a client that
 * connects, lives until that client has answered. V8 takes this for a reason to give it more and more room, and to let what has died
 * lie for long. Tidying up more often costs less than that: bench/fanout/README.md has the figures.
 *
 * And an old one that may have 64 MiB before it is tidied up for the first time: a fleet that comes at once doubles the little that
 * is there, and V8 would go through all of it several times while it comes (bench/cold/README.md).
 *
 * When a fleet has left, what it leaves is collected at once (`controlplane/memory-return.ts`), which has to be allowed.
 */
export const serveNodeFlags: readonly string[] = [
  '--max-semi-space-size=2',
  '--initial-old-space-size=64',
  '--expose-gc',
];

/**
 * Starts Node anew, in the same process, with {@link serveNodeFlags}: V8 takes these at its start only, and neither a
 * shebang nor an image says it wherever `serve` is run. Goes on where that cannot be done (Windows, Node before 22.15), or
 * where somebody has already said how large the young generation is to be.
 */
export function startWithServeFlags(): void {
  const { execPath, execArgv, argv, env } = process;
  const said = /--max[-_]semi[-_]space[-_]size/;
  if (process.execve === undefined || process.platform === 'win32') return;
  if (said.test(execArgv.join(' ')) || said.test(env.NODE_OPTIONS ?? '')) return;
  process.execve(execPath, [execPath, ...execArgv, ...serveNodeFlags, ...argv.slice(1)], env);
}
