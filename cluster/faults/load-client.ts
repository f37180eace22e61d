import { spawn } from 'node:child_process';
import { kubectl } from '../support/run.ts';
import { until } from '../support/until.ts';

/** What a client has counted since it began: answers by pod, failures by status and message. */
export interface Tally {
  readonly answers: ReadonlyMap<string, number>;
  readonly failures: ReadonlyMap<string, number>;
}

/** A tally and when the client wrote it. */
export interface TimedTally extends Tally {
  readonly at: Date;
}

interface TallyEvent {
  readonly event: string;
  /** Target → pod → answers. Go leaves out what is empty. */
  readonly backends?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly failures?: Readonly<Record<string, number>>;
}

/**
 * A client of interop/ that runs as a pod. It is told once what to do, on its standard input; from then on it needs
 * nobody, and what it counts is in its log: the API server may be away meanwhile.
 */
export class LoadClient {
  readonly pod: string;
  readonly #namespace: string;
  #begun = false;

  constructor(namespace: string, pod: string) {
    this.#namespace = namespace;
    this.pod = pod;
  }

  /** Lets it open its channel and make no call; resolves once it was told. */
  connect(target: string): Promise<void> {
    return this.#tell({ id: 0, cmd: 'connect', targets: [target] }, 'done');
  }

  /** Lets it call at a constant rate; resolves once it has begun. One that calls already goes on with what it does. */
  async begin(target: string, ratePerSecond: number, deadlineMs: number): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    await this.#tell({ id: 1, cmd: 'load', targets: [target], ratePerSecond, deadlineMs, run: 'faults' }, 'tally');
  }

  #tell(order: object, answer: string): Promise<void> {
    const child = spawn('kubectl', ['-n', this.#namespace, 'attach', '-i', '-q', this.pod], { stdio: 'pipe' });
    let said = '';
    return new Promise((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk;
        if (!said.includes(`"event":"${answer}"`)) return;
        child.kill();
        resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`${this.pod} did not begin (kubectl attach: ${code}): ${said}`)));
      child.stdin.write(`${JSON.stringify(order)}\n`);
    });
  }

  /** What it has counted by now; a log that was just rotated has no line until the next count. */
  tally(): Promise<Tally> {
    return until(`${this.pod} has counted something`, async () => (await this.#lines(['--tail=1000'])).at(-1));
  }

  /** What it has counted at each moment since then. */
  history(since: Date): Promise<TimedTally[]> {
    return this.#lines([`--since-time=${since.toISOString()}`]);
  }

  async #lines(flags: readonly string[]): Promise<TimedTally[]> {
    const text = await kubectl(['-n', this.#namespace, 'logs', '--timestamps', ...flags, this.pod]);
    return text.split('\n').flatMap((line) => {
      const found = /^(\S+) (\{.*"event":"tally".*\})$/.exec(line);
      if (found === null) return [];
      const { backends = {}, failures = {} } = JSON.parse(found[2]!) as TallyEvent;
      const answers = new Map(Object.entries(Object.values(backends)[0] ?? {}));
      return [{ at: new Date(found[1]!), answers, failures: new Map(Object.entries(failures)) }];
    });
  }
}

/** What was counted between two tallies of one client. */
export function difference(before: Tally, now: Tally): Tally {
  const grown = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): Map<string, number> =>
    new Map([...b].map(([key, count]) => [key, count - (a.get(key) ?? 0)] as const).filter(([, count]) => count > 0));
  return { answers: grown(before.answers, now.answers), failures: grown(before.failures, now.failures) };
}

/** Failures in one line: the same words about other times and addresses are the same failure. */
export function describe(failures: ReadonlyMap<string, number>): string {
  const kinds = new Map<string, number>();
  for (const [message, count] of failures) {
    const kind = message.replace(/\d+(\.\d+)?s\b/g, '…s').replace(/\d+(\.\d+){3}:\d+/g, 'ADDRESS');
    kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  }
  return [...kinds].map(([kind, count]) => `${count} × ${kind}`).join('; ');
}

export function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
