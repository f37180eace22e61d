import { formatAddress } from '../../src/base/listen-address.ts';
import { Child } from './child.ts';
import type { Launch } from './client-process.ts';
import { freePorts } from './free-ports.ts';

const startTimeoutMs = 30_000;
const pollIntervalMs = 20;

/** `file`: fed by the endpoint file; `dns`: by a DNS server, which may not answer yet. */
export type DiscoveryMode = 'file' | 'dns';

/** Says how `evenkeel serve` is started on given addresses. */
export type ControlPlaneLaunch = (
  mode: DiscoveryMode,
  addresses: { readonly xds: string; readonly admin: string },
) => Promise<Launch>;

/** What is read of `/config_dump`. */
interface ConfigDump {
  readonly clients: readonly {
    readonly node: { readonly id: string };
    readonly types: readonly { readonly pending: number }[];
  }[];
}

/** `evenkeel serve` as a process that can be killed, frozen and started anew on the same addresses. */
export class ControlPlane {
  readonly xdsAddress: string;
  readonly adminAddress: string;
  readonly #launch: ControlPlaneLaunch;
  /** What the running process is fed by; undefined while none runs. */
  mode: DiscoveryMode | undefined;
  #child: Child | undefined;
  #nacks = 0;

  private constructor(launch: ControlPlaneLaunch, [xds, admin]: readonly number[]) {
    this.#launch = launch;
    this.xdsAddress = formatAddress('127.0.0.1', xds!);
    this.adminAddress = formatAddress('127.0.0.1', admin!);
  }

  /** Resolves once it is ready. */
  static async start(launch: ControlPlaneLaunch): Promise<ControlPlane> {
    const controlPlane = new ControlPlane(launch, await freePorts(2));
    try {
      await controlPlane.launch('file');
      await controlPlane.ready();
    } catch (error) {
      await controlPlane.stop();
      throw error;
    }
    return controlPlane;
  }

  /** Starts the process; it may not be ready for long. */
  async launch(mode: DiscoveryMode): Promise<void> {
    const { command, args, env } = await this.#launch(mode, { xds: this.xdsAddress, admin: this.adminAddress });
    this.mode = mode;
    this.#child = new Child('evenkeel serve', command, args, env);
  }

  /** Resolves once `/readyz` answers 200, which it does not before the first sync. */
  ready(): Promise<void> {
    return this.#until('ready', async () => (await this.#get('/readyz'))?.ok === true);
  }

  /** Resolves once the process answers at all. */
  alive(): Promise<void> {
    return this.#until('alive', async () => (await this.#get('/healthz')) !== undefined);
  }

  /** Whether it says that it is ready. */
  async isReady(): Promise<boolean> {
    return (await this.#get('/readyz'))?.ok === true;
  }

  /** SIGKILL: nothing is said to the clients. */
  async kill(): Promise<void> {
    this.#nacks += await this.#countedNacks();
    this.mode = undefined;
    this.#child?.signal('SIGKILL');
    await this.#child?.ended;
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void {
    this.#child?.signal('SIGSTOP');
  }

  /** SIGCONT */
  thaw(): void {
    this.#child?.signal('SIGCONT');
  }

  /** Responses that a client rejected, counted by all processes that there were. */
  async nacks(): Promise<number> {
    return this.#nacks + (await this.#countedNacks());
  }

  /** The last of its log. */
  get lastWords(): string {
    return this.#child?.lastWords ?? '';
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.#child?.stop();
  }

  /** Ids of the nodes that are connected and have answered everything that they were sent. */
  async settledNodes(): Promise<string[]> {
    const dump = (await (await this.#get('/config_dump'))?.json()) as ConfigDump | undefined;
    const settled = dump?.clients.filter(({ types }) => types.every(({ pending }) => pending === 0)) ?? [];
    return settled.map(({ node }) => node.id);
  }

  async #countedNacks(): Promise<number> {
    if (this.#child?.running !== true) return 0;
    const metrics = (await (await this.#get('/metrics'))?.text()) ?? '';
    const lines = metrics.matchAll(/^evenkeel_xds_nacks_total(?:\{[^}]*\})? (\d+)$/gm);
    return [...lines].reduce((total, [, count]) => total + Number(count), 0);
  }

  async #get(path: string): Promise<Response | undefined> {
    return fetch(`http://${this.adminAddress}${path}`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  }

  async #until(what: string, test: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + startTimeoutMs;
    while (!(await test())) {
      if (this.#child?.running === false || performance.now() > deadline) {
        throw new Error(`evenkeel serve is not ${what}: ${this.lastWords}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }
}
