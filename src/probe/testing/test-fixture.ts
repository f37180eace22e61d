import type { TestContext } from 'node:test';
import { timeStamp } from '../../base/time-stamp.ts';
import type { CounterReading, Counters } from '../../verdict/count-check.ts';
import type { Backend, Fixture, FixtureConditions, ScaleObserver, Skipped, Target } from '../fixture.ts';
import type { SchemeId } from '../schemes/schemes.ts';
import { TestDns } from './test-dns.ts';
import { TestPod, type TestPodOptions } from './test-pod.ts';
import { TestProxy } from './test-proxy.ts';

/** Real servers on loopback addresses, a DNS server and two ClusterIPs, all in this process. */
export class TestFixture implements Fixture {
  readonly #subnet: string;
  readonly #podOptions: TestPodOptions;
  readonly #dns = new TestDns();
  readonly #grpcProxy = new TestProxy(() => this.pods);
  readonly #httpProxy = new TestProxy(() => this.pods.map(({ host, httpPort }) => ({ host, port: httpPort })));
  readonly #ended: TestPod[] = [];
  #made = 0;
  pods: TestPod[] = [];

  private constructor(subnet: string, podOptions: TestPodOptions) {
    this.#subnet = subnet;
    this.#podOptions = podOptions;
  }

  /**
   * Everything it starts ends with the test.
   *
   * @param subnet - third part of the pods' addresses, of the test alone
   */
  static async start(test: TestContext, replicas: number, subnet: number, options: TestPodOptions = {}) {
    const fixture = new TestFixture(`127.77.${subnet}`, options);
    test.after(() => fixture.#stop());
    await fixture.#dns.start();
    await fixture.#grpcProxy.start();
    await fixture.#httpProxy.start();
    while (fixture.pods.length < replicas) await fixture.#add();
    fixture.#publish();
    return fixture;
  }

  async conditions(): Promise<FixtureConditions> {
    return {
      environment: 'test',
      versions: { node: process.versions.node },
      machine: { os: 'test', cpus: 1, memoryMiB: 1 },
      intervals: [{ name: 'gRPC clients resolve DNS again at most every', valueMs: 100, defaultMs: 30_000 }],
    };
  }

  async target(scheme: SchemeId): Promise<Target | Skipped> {
    switch (scheme) {
      case 'clusterip-http-new-connections':
      case 'clusterip-http-keepalive':
        return { target: `http://${this.#httpProxy.address}/` };
      case 'clusterip-grpc':
        return { target: this.#grpcProxy.address };
      case 'headless-pick-first':
      case 'headless-round-robin':
      case 'headless-round-robin-max-age':
        return {
          target: `dns://${this.#dns.address}/pods.test:${this.pods[0]!.port}`,
          env: { GRPC_NODE_USE_ALTERNATIVE_RESOLVER: 'true' },
          channelOptions: { 'grpc.dns_min_time_between_resolutions_ms': 100 },
        };
      default:
        return { skipped: 'not part of this test' };
    }
  }

  async backends(_scheme: SchemeId): Promise<Backend[]> {
    return this.pods.map(toBackend);
  }

  async calls(_scheme: SchemeId, run: string): Promise<Counters> {
    const readings = [...this.pods, ...this.#ended].map(
      (pod): CounterReading => ({ pod: pod.name, calls: pod.calls(run), final: true }),
    );
    return { readings, unreadable: [] };
  }

  async scale(replicas: number, observer: ScaleObserver): Promise<void> {
    while (this.pods.length < replicas) {
      const pod = await this.#add();
      this.#publish();
      observer.ready(toBackend(pod), timeStamp());
    }
    await this.#remove(this.pods.slice(replicas), observer);
  }

  async rollout(_kind: 'update' | 'undo', observer: ScaleObserver): Promise<void> {
    for (const old of [...this.pods]) {
      const pod = await this.#add();
      this.#publish();
      observer.ready(toBackend(pod), timeStamp());
      await this.#remove([old], observer);
    }
  }

  async #remove(leaving: readonly TestPod[], observer: ScaleObserver): Promise<void> {
    this.pods = this.pods.filter((pod) => !leaving.includes(pod));
    this.#publish();
    for (const pod of leaving) observer.terminating(toBackend(pod), timeStamp());
    this.#ended.push(...leaving);
    await Promise.all(
      leaving.map(async (pod) => {
        await pod.stop();
        observer.ended(toBackend(pod), timeStamp());
      }),
    );
  }

  async #add(): Promise<TestPod> {
    const number = ++this.#made;
    const port = this.pods[0]?.port ?? 0;
    const pod = await TestPod.start(`pod-${number}`, `${this.#subnet}.${number}`, port, this.#podOptions);
    this.pods.push(pod);
    return pod;
  }

  #publish(): void {
    this.#dns.addresses = this.pods.map(({ host }) => host);
  }

  async #stop(): Promise<void> {
    this.#grpcProxy.stop();
    this.#httpProxy.stop();
    this.#dns.stop();
    await Promise.all(this.pods.map((pod) => pod.stop()));
  }
}

/** Pods with odd numbers are in one zone, those with even numbers in the other; each has a machine of its own. */
function toBackend({ name, host, port }: TestPod): Backend {
  const number = Number(name.split('-')[1]);
  return { name, address: `${host}:${port}`, zone: number % 2 === 1 ? 'zone-a' : 'zone-b', kubeNode: `node-${number}` };
}
