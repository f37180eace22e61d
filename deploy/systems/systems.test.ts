import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';

const here = import.meta.dirname;
const requireAll = process.env.EVENKEEL_REQUIRE === 'all';

// biome-ignore lint/suspicious/noExplicitAny: objects of any kind
type Manifest = any;

function run(program: string, args: readonly string[], input = '') {
  return spawnSync(program, args, { input, encoding: 'utf8', cwd: here });
}

function manifestsOf(folder: string): Manifest[] {
  const { status, stdout, stderr } = run('kubectl', ['kustomize', folder]);
  assert.equal(status, 0, stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS());
}

const noKubectl =
  run('kubectl', ['version', '--client']).error !== undefined && !requireAll && 'there is no kubectl on PATH';
const noMake = run('make', ['--version']).error !== undefined && !requireAll && 'there is no make on PATH';

/** What each system promises by name: Deployment → replicas; Service → type and ports as `kubectl get` shows them. */
const promised: Readonly<Record<string, { deployments: Record<string, number>; services: Record<string, string> }>> = {
  a: {
    deployments: { hellogrpc: 3, hellohttp: 3, helloserve: 3 },
    services: { 'grpc-svc': 'None 8000', 'http-svc': 'ClusterIP 80→8100', 'serve-svc': 'LoadBalancer 80→8200' },
  },
  b: {
    deployments: { server: 3, 'client-http': 1, 'client-grpc': 1 },
    services: { server: 'ClusterIP 8080 50051' },
  },
  c: {
    deployments: { 'service-a': 3, 'service-b': 3, 'service-c': 3 },
    services: {
      'service-a': 'ClusterIP 80→8000 8000 50051',
      'service-b': 'ClusterIP 80→8000 8000 50051',
      'service-c': 'ClusterIP 80→8000 8000 50051',
      'service-a-nodeport': 'NodePort 80→8000',
      'service-a-local': 'NodePort Local 80→8000',
      'service-a-lb': 'LoadBalancer Local 80→8000',
      'service-b-external': 'ExternalName service-b.default.svc.cluster.local',
    },
  },
  d: {
    deployments: {
      'sample-service-nginx': 1,
      'sample-service-go': 1,
      'sample-service-js': 1,
      'sample-service-grpc': 5,
      'go-clusterip': 1,
      'go-pick-first': 1,
      'go-aged': 1,
      'grpc-aged': 1,
    },
    services: {
      'sample-service-nginx': 'ClusterIP 8080',
      'sample-service-go': 'ClusterIP 8080',
      'sample-service-js': 'ClusterIP 8080',
      'sample-service-grpc': 'None 8080',
      'grpc-clusterip': 'ClusterIP 8080',
      'go-clusterip': 'ClusterIP 8080',
      'go-pick-first': 'ClusterIP 8080',
      'go-aged': 'ClusterIP 8080',
      'grpc-aged': 'None 8080',
    },
  },
  e: {
    deployments: { 'be1-deployment': 2, 'be2-deployment': 2, 'fe-deployment': 1, 'xds-deployment': 1 },
    services: {
      'be1-srv': 'None 50051',
      'be2-srv': 'None 50051',
      'fe-srv': 'NodePort 8080',
      'xds-srv': 'NodePort 18000',
    },
  },
};

function described({ spec }: Manifest): string {
  if (spec.type === 'ExternalName') return `ExternalName ${spec.externalName}`;
  const ports = spec.ports.map(({ port, targetPort = port }: { port: number; targetPort?: number }) =>
    port === targetPort ? `${port}` : `${port}→${targetPort}`,
  );
  return [spec.clusterIP ?? spec.type ?? 'ClusterIP', spec.externalTrafficPolicy, ...ports].filter(Boolean).join(' ');
}

for (const [system, { deployments, services }] of Object.entries(promised)) {
  test(`system ${system} has the names, ports and replicas that it promises`, { skip: noKubectl }, () => {
    const manifests = manifestsOf(system);
    const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
    const replicas = ofKind('Deployment').map(({ metadata, spec }) => [metadata.name, spec.replicas]);
    assert.deepEqual(Object.fromEntries(replicas), deployments);
    const shown = ofKind('Service').map((service) => [service.metadata.name, described(service)]);
    assert.deepEqual(Object.fromEntries(shown), services);
    // A Service whose selector matches nothing has no endpoints, and says nothing about it.
    const labels = ofKind('Deployment').map(({ spec }) => spec.template.metadata.labels.app);
    for (const { spec } of ofKind('Service')) if (spec.selector) assert.ok(labels.includes(spec.selector.app));
  });
}

const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['pod-defaults', 'traces', 'kind'].includes(entry.name))
  .map(({ name }) => name);

for (const folder of folders) {
  test(`every pod of ${folder} says what image, probes it has and gives up every right`, { skip: noKubectl }, () => {
    for (const { kind, metadata, spec } of manifestsOf(folder)) {
      if (kind !== 'Deployment') continue;
      const pod = spec.template.spec;
      const [container] = pod.containers;
      assert.equal(pod.securityContext.runAsNonRoot, true, metadata.name);
      assert.deepEqual(container.securityContext.capabilities, { drop: ['ALL'] });
      assert.equal(container.securityContext.readOnlyRootFilesystem, true);
      assert.equal(container.imagePullPolicy, 'IfNotPresent');
      assert.match(
        container.image,
        /^(evenkeel(-nginx)?:dev|docker\.io\/(envoyproxy\/envoy:distroless-v|openzipkin\/zipkin:)[\d.]+)$/,
      );
      if (metadata.name.startsWith('client-')) continue;
      assert.ok(container.readinessProbe && container.livenessProbe, metadata.name);
    }
  });

  const schemas = process.env.EVENKEEL_KUBE_SCHEMAS;
  const noSchemas = schemas === undefined && 'EVENKEEL_KUBE_SCHEMAS is not set';
  test(`${folder} is valid by the schemas of Kubernetes`, { skip: noKubectl || noSchemas }, () => {
    const { stdout } = run('kubectl', ['kustomize', folder]);
    const judged = run('kubeconform', ['-strict', '-summary', '-schema-location', `${schemas}`, '-'], stdout);
    assert.equal(judged.status, 0, judged.stdout + judged.stderr);
    assert.match(judged.stdout, /Invalid: 0, Errors: 0, Skipped: 0/);
  });
}

for (const system of Object.keys(promised)) {
  test(`${system}-traces is system ${system}, a store, and variables that lead to it`, { skip: noKubectl }, () => {
    const named = (folder: string): string[] =>
      manifestsOf(folder).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const added = named(`${system}-traces`).filter((name) => !named(system).includes(name));
    assert.deepEqual(added.sort(), ['Deployment zipkin', 'Service zipkin']);
    for (const { kind, metadata, spec } of manifestsOf(`${system}-traces`)) {
      if (kind !== 'Deployment' || metadata.name === 'zipkin') continue;
      const { containers } = spec.template.spec;
      assert.equal(containers.length, 1, metadata.name);
      const variables = Object.fromEntries(containers[0].env.map(({ name, value }: Manifest) => [name, value]));
      assert.equal(variables.OTEL_EXPORTER_ZIPKIN_ENDPOINT, 'http://zipkin:9411/api/v2/spans', metadata.name);
    }
  });
}

test('the one-word commands', { skip: noMake }, () => {
  const words = ['init', 'generate', 'image', 'deploy', 'deploy-traces', 'redeploy', 'delete', 'istio-inject'];
  for (const system of Object.keys(promised)) {
    const { stdout } = run('make', ['-s', '-C', system]);
    for (const word of words) assert.match(stdout, new RegExp(`^${word} `, 'm'));
    const { status, stdout: commands } = run('make', ['-n', '-C', system, 'deploy', 'delete', 'NAMESPACE=demo']);
    assert.equal(status, 0);
    assert.match(
      commands,
      new RegExp(
        String.raw`kubectl --namespace demo apply -k \.\nkubectl --namespace demo delete -k \.\./${system}-traces --ignore-not-found`,
      ),
    );
  }
});

test('where istioctl is missing, the command says so', { skip: noMake }, () => {
  const { status, stderr } = run('make', ['-C', 'b', 'istio-inject', 'ISTIOCTL=no-such-istioctl']);
  assert.equal(status, 2);
  assert.match(stderr, /there is no no-such-istioctl/);
});

test('where kind is missing, every command that needs it says so before it does anything', { skip: noMake }, () => {
  for (const word of ['three-by-three', 'local-dev', 'delete']) {
    const { status, stdout, stderr } = run('make', ['-C', 'kind', word, 'KIND_PROGRAM=no-such-kind']);
    assert.equal(status, 2, word);
    assert.match(stderr, /there is no no-such-kind on PATH/);
    assert.doesNotMatch(stdout, /create|clusters/);
  }
  const image = join(here, '..', '..', 'scripts', 'image.mjs');
  const { status, stderr } = spawnSync(process.execPath, [image, '--kind', 'local-dev'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: '/nowhere' },
  });
  assert.equal(status, 2);
  assert.match(stderr, /there is no kind on PATH, which --kind needs/);
});

/** What kind's configuration has (v1alpha4), as far as it is used here; kind refuses any other field. */
const kindFields = {
  cluster: ['kind', 'apiVersion', 'name', 'nodes'],
  node: ['role', 'image', 'labels', 'extraMounts', 'extraPortMappings', 'kubeadmConfigPatches'],
  port: ['containerPort', 'hostPort', 'listenAddress', 'protocol'],
};

for (const [file, name, controlPlanes, workers] of [
  ['three-by-three.yaml', 'evenkeel', 3, 3],
  ['local-dev.yaml', 'local-dev', 1, 0],
] as const) {
  test(`kind/${file} has the fields of kind, and the machines that it promises`, () => {
    const [document] = parseAllDocuments(readFileSync(join(here, 'kind', file), 'utf8'), { strict: true });
    const cluster = document!.toJS();
    const none = (object: object, known: readonly string[]): string[] =>
      Object.keys(object).filter((key) => !known.includes(key));
    assert.deepEqual(none(cluster, kindFields.cluster), []);
    assert.deepEqual([cluster.kind, cluster.apiVersion, cluster.name], ['Cluster', 'kind.x-k8s.io/v1alpha4', name]);
    const roles: string[] = cluster.nodes.map((node: Manifest) => node.role);
    assert.equal(roles.filter((role) => role === 'control-plane').length, controlPlanes);
    assert.equal(roles.filter((role) => role === 'worker').length, workers);
    assert.equal(roles.length, controlPlanes + workers);
    for (const node of cluster.nodes) {
      assert.deepEqual(none(node, kindFields.node), []);
      for (const value of Object.values(node.labels ?? {})) assert.equal(typeof value, 'string');
      for (const port of node.extraPortMappings ?? []) {
        assert.deepEqual(none(port, kindFields.port), []);
        // The NodePort of system D.
        assert.deepEqual([port.containerPort, port.hostPort, port.protocol], [31_234, 31_234, 'TCP']);
      }
    }
  });
}

test('the proxy of b-l7 has the bootstrap that the command prints', () => {
  const main = join(here, '..', '..', 'src', 'cli', 'main.ts');
  const flags = ['--envoy', '--gateway', 'edge', '--server', 'evenkeel-xds.evenkeel:18000', '--node-id', 'envoy'];
  const { stdout, stderr } = run(process.execPath, [main, 'bootstrap', ...flags]);
  assert.equal(stdout, readFileSync(join(here, 'b-l7', 'envoy.json'), 'utf8'), stderr);
});

const noHelm = run('helm', ['version']).error !== undefined && !requireAll && 'there is no helm on PATH';

test('the chart of system D: NodePort 31234 is the front alone, and selectors match labels', { skip: noHelm }, () => {
  assert.equal(run('helm', ['lint', '--strict', 'd/chart']).status, 0);
  const flags = ['--set', 'service.type=NodePort', '--set', 'service.nodePort=31234'];
  const { status, stdout, stderr } = run('helm', ['template', 'sample-service', 'd/chart', ...flags]);
  assert.equal(status, 0, stderr);
  const manifests: Manifest[] = parseAllDocuments(stdout).map((document) => document.toJS());
  const services = manifests.filter(({ kind }) => kind === 'Service');
  const names = services.map(({ metadata }) => metadata.name);
  for (const part of ['nginx', 'go', 'js', 'grpc']) assert.ok(names.includes(`sample-service-${part}`));
  for (const { metadata, spec } of services) {
    const isFront = metadata.name === 'sample-service-nginx';
    assert.equal(spec.ports[0].nodePort, isFront ? 31_234 : undefined);
    assert.equal(spec.ports[0].port, 8080);
    const deployment = manifests.find((other) => other.kind === 'Deployment' && other.metadata.name === metadata.name);
    const { labels } = deployment.spec.template.metadata;
    for (const [key, value] of Object.entries(spec.selector)) assert.equal(labels[key], value);
  }
});

test('the chart of system D sends traces where an endpoint is given, and else says nothing of them', {
  skip: noHelm,
}, () => {
  const variablesOf = (...flags: string[]): Record<string, string> => {
    const { status, stdout, stderr } = run('helm', ['template', 'sample-service', 'd/chart', ...flags]);
    assert.equal(status, 0, stderr);
    const manifests: Manifest[] = parseAllDocuments(stdout).map((document) => document.toJS());
    const app = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'sample-service-go');
    const { env } = app.spec.template.spec.containers[0];
    return Object.fromEntries(
      env.filter(({ name }: Manifest) => name.startsWith('OTEL_')).map(({ name, value }: Manifest) => [name, value]),
    );
  };
  assert.deepEqual(variablesOf(), {});
  const always = { OTEL_SERVICE_NAME: 'sample-service-go', OTEL_TRACES_SAMPLER: 'parentbased_always_on' };
  assert.deepEqual(variablesOf('--set', 'traces.endpoint=http://zipkin:9411/api/v2/spans'), {
    ...always,
    OTEL_TRACES_EXPORTER: 'zipkin',
    OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://zipkin:9411/api/v2/spans',
  });
  assert.deepEqual(variablesOf('--set', 'traces.endpoint=http://collector:4317', '--set', 'traces.protocol=grpc'), {
    ...always,
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  });
  const refused = run('helm', ['template', 'sample-service', 'd/chart', '--set', 'traces.endpoint=zipkin:9411']);
  assert.notEqual(refused.status, 0);
});
