import { pino } from 'pino';
import { noAccount } from '../../packages/xds/src/memory/account.ts';
import { type SessionOptions, Sessions } from '../../packages/xds/src/server/sessions.ts';
import { Metrics } from '../../src/controlplane/metrics.ts';
import { Reconnects } from '../../src/controlplane/reconnects.ts';
import { SecondClock } from './second-clock.ts';

/** What `evenkeel serve` does where nothing is said. */
const maxAgeMs = 1_800_000;
const perSecond = 20;
/** Until a replica that was killed is there again. */
const restartS = 30;
/** Between two steps of a rollout. */
const stepS = 30;
/** Long enough that connections have all ages. */
const before = 80 * 60;
/** How often replicas look each other up. */
const lookS = 5;
/** Ages vary by 10 %. */
const longest = Math.round((maxAgeMs / 1000) * 1.1);
/** Most streams of a replica, of the mean. */
export const evenWithin = 1.2;

export interface Spread {
  readonly replicas: number;
  readonly event: 'rolled' | 'killed' | 'scaled';
  /** Whether replicas know of each other (`xds.replicas.name`), or only the age makes clients reconnect. */
  readonly named: boolean;
  /** Most streams of a replica, of the mean: at its worst, and when the age is over. */
  readonly worst: number;
  readonly last: number;
  /** From the end of the event until they are within 1.2 of the mean and stay so; undefined: not before the age is over. */
  readonly evenAfterS: number | undefined;
}

/** How the streams of a fleet spread over replicas, by the server's own decisions and a clock that is moved. */
export async function spreadOf(clients: number): Promise<Spread[]> {
  const spreads: Spread[] = [];
  for (const replicas of [2, 3]) {
    for (const event of ['rolled', 'killed', 'scaled'] as const) {
      for (const named of [true, false]) spreads.push(await new World(clients, named).run(event, replicas));
    }
  }
  return spreads;
}

export function formatReplicas(spreads: readonly Spread[]): string {
  const lines = spreads.map(({ replicas, event, named, worst, last, evenAfterS }) => {
    const how = named ? 'replicas.name' : 'age alone';
    const even = evenAfterS === undefined ? 'not within the age' : `after ${evenAfterS} s`;
    return [replicas, event, how, worst.toFixed(2), last.toFixed(2), even]
      .map((cell) => String(cell).padEnd(13))
      .join(' ');
  });
  const titles = ['replicas', '', 'by', 'worst', 'at the end', `within ${evenWithin} of the mean`];
  return [titles.map((title) => title.padEnd(13)).join(' '), ...lines].map((line) => line.trimEnd()).join('\n');
}

/** Replicas behind one address that leads to any of them. */
class World {
  readonly #clients: number;
  readonly #named: boolean;
  readonly #clock = new SecondClock();
  #replicas: Replica[] = [];
  #started = 0;

  constructor(clients: number, named: boolean) {
    this.#clients = clients;
    this.#named = named;
  }

  async run(event: Spread['event'], replicas: number): Promise<Spread> {
    for (let left = event === 'scaled' ? replicas - 1 : replicas; left > 0; left--) this.#start();
    await this.#pass(1);
    for (let client = 0; client < this.#clients; client++) this.#connect();
    await this.#pass(before);
    let worst = 1;
    const look = (): void => {
      worst = Math.max(worst, this.#imbalance());
    };
    if (event === 'scaled') this.#start();
    else {
      for (const old of event === 'killed' ? this.#replicas.slice(0, 1) : [...this.#replicas]) {
        if (event === 'rolled') this.#start();
        else this.#end(old);
        await this.#pass(event === 'rolled' ? stepS : restartS, look);
        if (event === 'rolled') this.#end(old);
        else this.#start();
      }
    }
    let evenSince: number | undefined = 0;
    let second = 0;
    look();
    await this.#pass(longest, () => {
      look();
      second += 1;
      if (this.#imbalance() > evenWithin) evenSince = undefined;
      else evenSince ??= second;
    });
    const last = this.#imbalance();
    for (const replica of this.#replicas) replica.reconnects.stop();
    return { replicas, event, named: this.#named, worst, last, evenAfterS: evenSince };
  }

  async #pass(seconds: number, look = (): void => {}): Promise<void> {
    for (let left = seconds; left > 0; left--) {
      this.#clock.tick();
      look();
      // It takes promises a turn.
      if (left % lookS === 0) await new Promise(setImmediate);
    }
  }

  #imbalance(): number {
    const sizes = this.#replicas.map(({ sessions }) => sessions.size);
    return (Math.max(...sizes) * sizes.length) / this.#clients;
  }

  #start(): void {
    this.#started += 1;
    const replica = new Replica(String(this.#started), this.#clock, this.#named, async () =>
      this.#replicas.map((one) => one.name),
    );
    this.#replicas.push(replica);
    replica.reconnects.start();
  }

  /** All its clients come anew, to those that are left. */
  #end(replica: Replica): void {
    this.#replicas = this.#replicas.filter((other) => other !== replica);
    replica.reconnects.stop();
    for (const connection of [...replica.connections]) connection.destroy();
  }

  #connect(): void {
    const replica = this.#replicas[Math.floor(Math.random() * this.#replicas.length)]!;
    const connection = new FakeConnection(() => {
      replica.connections.delete(connection);
      this.#connect();
    });
    replica.connections.add(connection);
    replica.sessions.accept(connection);
  }
}

class Replica {
  readonly name: string;
  readonly sessions: Sessions;
  readonly connections = new Set<FakeConnection>();
  readonly reconnects: Reconnects;

  constructor(name: string, clock: SecondClock, named: boolean, resolve: () => Promise<string[]>) {
    this.name = name;
    const sessions = (): number => this.sessions.size;
    const options: SessionOptions = {
      ...{ clock, maxSessions: Number.POSITIVE_INFINITY, keepaliveMs: 0, maxAgeMs, graceMs: 0 },
      authorize: () => undefined,
      refused: () => {},
      leaving: (connection) => connection.destroy(),
    };
    this.sessions = new Sessions(options);
    this.reconnects = new Reconnects({
      server: {
        reconnect: (withinMs, youngestMs) => this.sessions.move(withinMs, youngestMs),
        get open() {
          return { sessions: sessions(), streams: sessions(), subscriptions: 0 };
        },
      },
      replicas: { name: named ? 'evenkeel' : undefined, perSecond },
      metrics: new Metrics(),
      log: pino({ level: 'silent' }),
      ...{ clock, resolve },
      // The clock jumps.
      standstillMs: Number.POSITIVE_INFINITY,
    });
  }
}

class FakeConnection {
  readonly peer = { address: '127.0.0.1:1', certificate: undefined };
  readonly account = noAccount;
  readonly streams = 1;
  readonly streamsEver = 1;
  readonly isFull = false;
  isClosed = false;
  readonly #listeners: (() => void)[] = [];
  readonly #closed: () => void;

  constructor(closed: () => void) {
    this.#closed = closed;
  }

  defer(work: () => void): void {
    work();
  }

  goAway(): void {}

  ping(): void {}

  onClose(listener: () => void): void {
    if (this.isClosed) listener();
    else this.#listeners.push(listener);
  }

  destroy(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const listener of this.#listeners) listener();
    this.#closed();
  }
}
