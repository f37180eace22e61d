import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server that is another program. */
export interface StartedServer {
  /** `HOST:PORT` */
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program whose first line is `{"address":"HOST:PORT"}`; its errors go to this program's. */
export async function startServer(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StartedServer> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const ended = once(child, 'close');
  const first = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(([code]) => {
      throw new Error(`${command} ended with ${code} before it listened`);
    }),
  ]);
  const { address } = JSON.parse(first[0] as string) as { address: string };
  return {
    address,
    pid: child.pid!,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
