// Two replicas of `evenkeel serve` behind one headless name (docs/replicas.md), and clients that go from one to the other.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ServeProcess } from '../src/controlplane/testing/serve-process.ts';
import { clientKinds } from './driver/clients.ts';
import { Cluster } from './driver/cluster.ts';
import { echoDescriptors } from './driver/echo-descriptors.ts';
import { freePorts } from './driver/free-ports.ts';
import { HeadlessDns } from './driver/headless-dns.ts';
import { nodeIdOf } from './driver/live-client.ts';
import { podsOf } from './driver/tally.ts';

const requireAll = process.env.EVENKEEL_REQUIRE === 'all';
const service = 'be1-srv';
const target = `xds:///${service}`;
/** Clients ask DNS again at most every 30 s, and a connection gets 1 s old here. */
const moveTimeoutMs = 240_000;
const pollIntervalMs = 50;
// grpc-js asks the DNS server that a target names only with this; grpc-java never does.
process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER = 'true';
const ids = ['go', 'python', 'node'] as const;

/** One control plane; what it is asked is its admin port. */
class Replica {
  readonly host: string;
  readonly #serve: ServeProcess;
  #admin = '';

  constructor(host: string, port: number, endpointFile: string) {
    this.host = host;
    const listen = ['--xds-listen', `${host}:${port}`, '--admin-listen', '127.0.0.1:0'];
    this.#serve = new ServeProcess(['--endpoints', endpointFile, ...listen, '--xds-max-connection-age-ms', '1000']);
  }

  async ready(): Promise<void> {
    ({ admin: this.#admin } = await this.#serve.listening());
    await this.#serve.ready();
  }

  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    return this.#serve.end(signal);
  }

  /** Resolves once this client has a stream here. */
  async has(nodeId: string): Promise<void> {
    const deadline = performance.now() + moveTimeoutMs;
    for (;;) {
      const answer = await fetch(`http://${this.#admin}/config_dump`);
      const { clients } = (await answer.json()) as { readonly clients: readonly { readonly node: { id: string } }[] };
      if (clients.some(({ node }) => node.id === nodeId)) return;
      if (performance.now() > deadline) throw new Error(`${nodeId} did not come to ${this.host}`);
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  async nacks(): Promise<string[]> {
    const text = await (await fetch(`http://${this.#admin}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith('evenkeel_xds_nacks_total{') && !line.endsWith(' 0'));
  }
}

const missing = new Map(await Promise.all(clientKinds.map(async ({ id, missing }) => [id, await missing()] as const)));

// At the same time, since each waits most of its time for the client to ask DNS again.
suite('two control planes behind one name', { concurrency: true }, () => {
  for (const id of ids) {
    const kind = clientKinds.find((one) => one.id === id)!;
    const skip = requireAll ? false : (missing.get(id) ?? false);
    const title = `${id} goes where DNS leads when its connection is old, and away from one that ends, and loses no call`;
    test(title, { skip }, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'evenkeel-replicas-'));
      const cluster = new Cluster(folder);
      const dns = await HeadlessDns.start();
      const ends = [() => rm(folder, { recursive: true }), () => dns.stop(), () => cluster.stop()];
      t.after(async () => {
        for (const end of ends.reverse()) await end();
      });
      await cluster.createService(service, 2);
      const descriptors = join(folder, 'echo.binpb');
      await writeFile(descriptors, echoDescriptors());
      const [port = 0] = await freePorts(1);
      const net = `127.${randomInt(2, 60)}.${randomInt(1, 250)}`;
      const replicas = [1, 2].map((last) => new Replica(`${net}.${last}`, port, cluster.endpointFile));
      ends.push(...replicas.map((replica) => async () => void (await replica.end('SIGKILL'))));
      await Promise.all(replicas.map((replica) => replica.ready()));
      const [first, second] = replicas as [Replica, Replica];

      dns.addresses = [first.host, second.host];
      const xdsAddress = `dns://${dns.address}/evenkeel.test:${port}`;
      const client = await kind.start({ folder, descriptors, xdsAddress, gateways: new Map() });
      ends.push(() => client.stop());
      const load = client.process.load([target], 50, 'replicas');
      const reaches = async (pods: readonly string[]): Promise<void> => {
        const all = new Set(pods);
        const ms = await load.until((tally) => all.isSubsetOf(podsOf(tally, target)), moveTimeoutMs);
        assert.ok(ms !== undefined, `${pods} were not reached; ${JSON.stringify(load.tally)}`);
      };
      await reaches(cluster.pods(service));
      await first.has(nodeIdOf(id));

      dns.addresses = [second.host, first.host];
      await second.has(nodeIdOf(id));
      assert.equal(await second.end('SIGTERM'), 0);
      await first.has(nodeIdOf(id));
      await reaches(await cluster.add(service, 1));
      const { failures } = await load.stop();
      assert.deepEqual(failures, {});
      assert.deepEqual(await first.nacks(), []);
    });
  }
});
