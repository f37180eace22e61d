import { backendNames, httpPort } from '../../environments/backends.ts';
import { templates } from '../../environments/lab/backends.ts';
import { readCounters } from '../../environments/lab/read-counters.ts';
import { machine } from '../../environments/machine.ts';
import { versions } from '../../environments/versions.ts';
import type { Lab, ServiceRecord } from '../../lab/index.ts';
import {
  type Backend,
  type Counters,
  type Fixture,
  type FixtureConditions,
  type Policy,
  parseOutput,
  parseProofOptions,
  parseShow,
  runNodeLocal,
  type Target,
} from '../../probe/index.ts';
import { runInLab } from '../run-in-lab.ts';

/** One pod on one machine and four on the other. */
const machines = [
  { kubeNode: 'node-1', deployment: 'hello-alone', replicas: 1 },
  { kubeNode: 'node-2', deployment: 'hello-together', replicas: 4 },
] as const;

/** Shows what a balancer does that spreads by node (`externalTrafficPolicy: Local`); the answer is the exit code. */
export async function proveNodeLocal(raw: Readonly<Record<string, unknown>>): Promise<number> {
  const replicas = machines.reduce((sum, one) => sum + one.replicas, 0);
  const options = { ...parseProofOptions({ ...raw, replicas: String(replicas) }), replicas };
  let services: Readonly<Record<Policy, ServiceRecord>> | undefined;
  return runInLab({
    lab: {
      id: raw.id as string | undefined,
      seed: options.seed,
      nodes: machines.map(({ kubeNode }, index) => ({
        name: kubeNode,
        zone: index === 0 ? 'zone-a' : 'zone-b',
        region: 'region-1',
      })),
    },
    ...{ output: parseOutput(raw), shown: parseShow(raw) },
    keep: raw.keep === true ? (lab) => addresses(lab, services!) : undefined,
    async measure(lab, progress, signal) {
      const both = await setStage(lab);
      services = both;
      return runNodeLocal((policy) => new NodeLocalFixture(lab, both[policy]), options, progress, signal);
    },
  });
}

/** What a person can call while the lab is kept up. */
function addresses(lab: Lab, services: Readonly<Record<Policy, ServiceRecord>>): string {
  const lines = Object.entries(services).map(
    ([policy, { ports }]) => `  externalTrafficPolicy: ${policy.padEnd(8)} curl http://${ports[0]!.address}/hellohttp`,
  );
  return [...lines, `  pods: evenkeel lab ps --id ${lab.id}`].join('\n');
}

/** The same pods behind a Service of each policy. */
async function setStage(lab: Lab): Promise<Readonly<Record<Policy, ServiceRecord>>> {
  const selector = machines.map(({ deployment }) => deployment);
  const ports = [{ name: 'http', port: httpPort }];
  const [Cluster, Local] = await Promise.all([
    lab.createService({ name: 'cluster', selector, ports, spread: 'pod' }),
    lab.createService({ name: 'local', selector, ports, spread: 'node' }),
  ]);
  for (const { deployment, replicas, kubeNode } of machines) {
    lab.createDeployment({ name: deployment, replicas, template: { ...templates[backendNames.http], kubeNode } });
  }
  await Promise.all(selector.map((deployment) => lab.ready(deployment)));
  return { Cluster, Local };
}

/** Pods that stay, behind one Service. */
class NodeLocalFixture implements Fixture {
  readonly #lab: Lab;
  readonly #service: ServiceRecord;

  constructor(lab: Lab, service: ServiceRecord) {
    this.#lab = lab;
    this.#service = service;
  }

  async conditions(): Promise<FixtureConditions> {
    return { environment: 'lab', versions: await versions(), machine: machine(), intervals: [] };
  }

  async target(): Promise<Target> {
    return { target: `http://${this.#service.ports[0]!.address}/hellohttp` };
  }

  async backends(): Promise<Backend[]> {
    return this.#lab
      .pods()
      .filter(({ ready }) => ready)
      .map(({ name, ip, zone, kubeNode }) => ({ name, address: `${ip}:${httpPort}`, zone, kubeNode }));
  }

  calls(_scheme: string, run: string): Promise<Counters> {
    return readCounters(this.#lab.pods(), run);
  }

  async scale(): Promise<void> {
    throw new Error('these pods stay');
  }

  rollout(): Promise<void> {
    return this.scale();
  }
}
