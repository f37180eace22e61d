import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { images } from '../../support/cluster.ts';
import { kubectl } from '../../support/run.ts';
import { until } from '../../support/until.ts';
import { type Manifest, toYaml } from './manifests.ts';

/** One answer to a call that was made inside the cluster. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Call {
  readonly url: string;
  readonly count?: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Runs in the caller's pod. Each call has a connection of its own, as `curl` would. Word of a new Service reaches a machine
 * after its pods are ready, so it waits until somebody listens.
 */
const caller = `
import { connect } from 'node:net';
const { url, count = 1, method = 'GET', headers = {} } = JSON.parse(process.argv[1]);
const { hostname: host, port } = new URL(url);
const isListening = () => new Promise((resolve) => {
  const socket = connect({ host, port: Number(port) || 80 }, () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});
const until = performance.now() + 30000;
while (!(await isListening()) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 100));
const answers = [];
for (let call = 0; call < count; call++) {
  const answer = await fetch(url, { method, headers: { ...headers, connection: 'close' }, signal: AbortSignal.timeout(45000) });
  answers.push({ status: answer.status, body: (await answer.text()).trim() });
}
console.log(JSON.stringify(answers));`;

/** A namespace of a test's own, in which pods have no rights (Pod Security "restricted"); it goes when the test ends. */
export class Namespace {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(t: TestContext, prefix: string): Promise<Namespace> {
    const namespace = new Namespace(`ek-${prefix}-${randomBytes(3).toString('hex')}`);
    t.after(() => kubectl(['delete', 'namespace', namespace.name, '--wait=false', '--ignore-not-found']));
    await kubectl(['create', 'namespace', namespace.name]);
    await kubectl(['label', 'namespace', namespace.name, 'pod-security.kubernetes.io/enforce=restricted']);
    // The pod's service account is made a moment after its namespace.
    await until(
      'a pod that makes calls',
      () =>
        namespace.kubectl([
          'run',
          'caller',
          '--restart=Never',
          `--image=${images.evenkeel}`,
          `--overrides=${callerPod}`,
        ]),
      () => true,
    );
    return namespace;
  }

  kubectl(args: readonly string[], input = ''): Promise<string> {
    return kubectl(['--namespace', this.name, ...args], { input });
  }

  async apply(manifests: readonly Manifest[]): Promise<void> {
    await this.kubectl(['apply', '--filename=-'], toYaml(manifests));
  }

  async rolledOut(...deployments: readonly string[]): Promise<void> {
    for (const name of deployments) {
      try {
        await this.kubectl(['rollout', 'status', `deployment/${name}`, '--timeout=150s']);
      } catch (cause) {
        const pods = await this.kubectl(['get', 'pods', '--output=wide']);
        const log = await this.kubectl(['logs', `deployment/${name}`, '--tail=20', '--all-pods']);
        throw new Error(`deployment ${name} is not rolled out:\n${pods}\n${log}`, { cause });
      }
    }
  }

  /**
   * New pods for a Deployment; the ones before are gone when it returns. A rollout is over sooner than that: they answer for
   * as long as they drain, and calls reach them until every machine knows that they leave.
   *
   * @param app - name of the Deployment, and the label `app` of its pods
   */
  async restart(app: string): Promise<void> {
    const before = await this.pods(app);
    await this.kubectl(['rollout', 'restart', `deployment/${app}`]);
    await this.rolledOut(app);
    for (const pod of before) await this.kubectl(['wait', '--for=delete', `pod/${pod}`, '--timeout=60s']);
  }

  async scale(deployment: string, replicas: number): Promise<void> {
    await this.kubectl(['scale', `deployment/${deployment}`, `--replicas=${replicas}`]);
    await this.rolledOut(deployment);
  }

  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind
  async get(...what: readonly string[]): Promise<any> {
    return JSON.parse(await this.kubectl(['get', ...what, '--output=json']));
  }

  /** Names of the pods with this label `app` that are not on their way out, sorted. */
  async pods(app: string): Promise<string[]> {
    const { items } = (await this.get('pods', `--selector=app=${app}`)) as { readonly items: readonly Manifest[] };
    return items
      .filter(({ metadata }) => !('deletionTimestamp' in metadata))
      .map(({ metadata }) => metadata.name)
      .sort();
  }

  /** Calls from a pod inside, one after the other. */
  async call(call: Call): Promise<Answer[]> {
    return JSON.parse(await this.script(caller, JSON.stringify(call))) as Answer[];
  }

  /** What an ES module prints that runs in a pod inside, with `process.argv[1]`. */
  script(code: string, argument: string): Promise<string> {
    return this.kubectl(['exec', 'caller', '--', '/nodejs/bin/node', '--input-type=module', '-e', code, argument]);
  }

  async callOnce(url: string, more: Omit<Call, 'url' | 'count'> = {}): Promise<Answer> {
    const [answer] = await this.call({ url, ...more });
    return answer!;
  }
}

const callerPod = JSON.stringify({
  spec: {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'caller',
        image: images.evenkeel,
        imagePullPolicy: 'IfNotPresent',
        args: ['workload', 'hellohttp'],
        env: [{ name: 'EVENKEEL_DRAIN_MS', value: '0' }],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  },
});

/** How often each of them occurs. */
export function tally(names: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** The names of pods of one Deployment that occur in a text. */
export function podsIn(text: string, deployment: string): string[] {
  return text.match(new RegExp(`${deployment}-[a-z0-9]+-[a-z0-9]{5}`, 'g')) ?? [];
}
