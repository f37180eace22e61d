import { EchoServer } from '../../gen/echo/echo_pb.ts';
import type { GrpcClient } from '../grpc/client.ts';
import { get } from './http.ts';

/** Nothing here is about time: a call that takes as long as this hangs. */
export const patientMs = 60_000;

/** One echo call; the name of the pod by its initial metadata. */
export async function echo(client: GrpcClient, metadata: Record<string, string> = {}): Promise<string | undefined> {
  const { pod } = await client.call(EchoServer.method.sayHello, { name: 'x' }, { deadlineMs: patientMs, metadata });
  return pod;
}

/** Calls without a pause, several at a time, until told to stop. */
export class ConstantCaller {
  readonly byPod = new Map<string, number>();
  readonly failures: unknown[] = [];
  #stopping = false;
  #waiting: { readonly done: () => boolean; readonly resolve: () => void }[] = [];
  readonly #workers: Promise<void>[];

  constructor(client: GrpcClient, workers = 8) {
    this.#workers = Array.from({ length: workers }, () => this.#work(client));
  }

  /** Resolves when `done` holds, looked at after each call. */
  until(done: (calls: ConstantCaller) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ done: () => done(this), resolve });
    });
  }

  callsTo(pod: string): number {
    return this.byPod.get(pod) ?? 0;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
  }

  async #work(client: GrpcClient): Promise<void> {
    while (!this.#stopping) {
      try {
        const pod = (await echo(client)) ?? 'unnamed';
        this.byPod.set(pod, this.callsTo(pod) + 1);
      } catch (error) {
        this.failures.push(error);
      }
      for (const waiting of this.#waiting.filter(({ done }) => done())) waiting.resolve();
      this.#waiting = this.#waiting.filter(({ done }) => !done());
    }
  }
}

/** What a pod's admin server counts for a run. */
export async function callsOf(
  admin: string,
  run: string,
): Promise<{ pod: string; calls: number; connections: number }> {
  return JSON.parse((await get(admin, `/calls?run=${run}`)).body);
}

/** Resolves when a pod has seen so many calls of a run; a call counts when it arrives. */
export async function arrived(admin: string, run: string, calls: number): Promise<void> {
  while ((await callsOf(admin, run)).calls < calls);
}
