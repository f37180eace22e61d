import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { KubeAccess } from '../../src/discovery/kubernetes/kube-request.ts';

/** What the server is told, in a file that only this user can read. */
export interface ServerOrder {
  readonly server: string;
  readonly namespace: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Memory {
  readonly residentMiB: number;
  readonly peakMiB: number;
}

/** A control plane in a process of its own. */
export class ServerProcess {
  readonly port: number;
  /** From the start of the process. */
  readonly readyMs: number;
  /** From when it listens, and begins to list, until it is ready. */
  readonly syncMs: number;
  /** Processor time until then: what a machine that is busy with other things does not change. */
  readonly cpuMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, readyMs: number, syncMs: number) {
    this.#child = child;
    this.port = port;
    this.readyMs = readyMs;
    this.syncMs = syncMs;
    this.cpuMs = cpuMsOf(child.pid!);
  }

  /** Resolves once it serves everything that there is in the namespace. */
  static async start(access: KubeAccess, namespace: string): Promise<ServerProcess> {
    const { ca, cert, key, headers } = await access.requestOptions();
    const order: ServerOrder = {
      server: access.server,
      namespace,
      headers,
      ca: ca?.toString(),
      cert: cert?.toString(),
      key: key?.toString(),
    };
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
    const file = join(folder, 'order.json');
    writeFileSync(file, JSON.stringify(order), { mode: 0o600 });
    const begun = performance.now();
    const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts'), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let port = 0;
    let listening = 0;
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const told = JSON.parse(line) as { event: string; port: number };
        const now = performance.now();
        if (told.event === 'ready') return new ServerProcess(child, port, now - begun, now - listening);
        port = told.port;
        listening = now;
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    throw new Error('the control plane ended before it was ready');
  }

  /** As the kernel has it. */
  memory(): Memory {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const mebibytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)![1]) / 1024;
    return { residentMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') };
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** Of a process and its threads; the kernel counts in hundredths of a second. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
