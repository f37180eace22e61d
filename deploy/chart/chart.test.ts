import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { kubernetesBootstrap } from '../../src/bootstrap/kubernetes-bootstrap.ts';
import { configSchema } from '../../src/controlplane/config-schema.ts';
import { formatSchema } from '../../src/controlplane/testing/format-schema.ts';

const chart = join(import.meta.dirname, 'evenkeel');
const cases = join(import.meta.dirname, 'testdata');
/** What a golden file holds must not hang on the Kubernetes that this helm was built against. */
const kubeVersion = '1.34.0';

function run(program: string, args: readonly string[], input = '') {
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8' });
  return { found: error === undefined, status, stdout, stderr };
}

function missing(program: string): string | false {
  const found = run(program, program === 'helm' ? ['version'] : ['-v']).found;
  return !found && process.env.EVENKEEL_REQUIRE !== 'all' && `there is no ${program} on PATH`;
}

const noHelm = missing('helm');

function render(...options: string[]) {
  return run('helm', ['template', 'rel', chart, '--namespace', 'mesh', '--kube-version', kubeVersion, ...options]);
}

for (const file of readdirSync(cases).filter((name) => name.endsWith('.in.yaml'))) {
  const name = file.slice(0, -'.in.yaml'.length);
  test(`values of ${file} give ${name}.out.yaml`, { skip: noHelm }, (t) => {
    const { status, stdout, stderr } = render('--values', join(cases, file));
    assert.equal(status, 0, stderr);
    t.assert.fileSnapshot(stdout, join(cases, `${name}.out.yaml`), { serializers: [String] });
  });

  // Schemas of the cluster's own API, since the program's own would have to be downloaded.
  const schemas = process.env.EVENKEEL_KUBE_SCHEMAS;
  const noSchemas = missing('kubeconform') || (schemas === undefined && 'EVENKEEL_KUBE_SCHEMAS is not set');
  test(`what ${file} gives is valid by the schemas of Kubernetes`, { skip: noHelm || noSchemas }, () => {
    const { stdout } = render('--values', join(cases, file));
    const judged = run('kubeconform', ['-strict', '-summary', '-schema-location', `${schemas}`, '-'], stdout);
    assert.equal(judged.status, 0, judged.stdout + judged.stderr);
    assert.match(judged.stdout, /Invalid: 0, Errors: 0, Skipped: 0/);
  });
}

test('helm lint finds nothing', { skip: noHelm }, () => {
  const { status, stdout, stderr } = run('helm', ['lint', '--strict', chart]);
  assert.equal(status, 0, stdout + stderr);
});

test("the schema of `config` is the configuration file's own", (t) => {
  const file = join(chart, 'values.schema.json');
  const schema = JSON.parse(readFileSync(file, 'utf8'));
  // Laid over what the values say, which has apiVersion and kind already.
  const {
    $schema: _draft,
    required: _required,
    ...config
  } = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
  });
  const whole = { ...schema, properties: { ...schema.properties, config } };
  t.assert.fileSnapshot(whole, file, { serializers: [formatSchema] });
});

const wrong = [
  ['replicas=two', /\/replicas.*got string, want integer/],
  ['xds.plaintext=perhaps', /\/xds\/plaintext.*got string, want boolean/],
  ['admin.port=99999', /\/admin\/port.*maximum: got 99,999/],
  ['image.pullPolicy=Sometimes', /\/image\/pullPolicy.*value must be one of/],
  ['kubernetes.namespaces={Shop}', /\/kubernetes\/namespaces\/0.*does not match pattern/],
  ['logLevel=loud', /\/logLevel.*value must be one of/],
  ['tls.enabled=true', /\/tls\/secretName.*minLength/],
  ['replica=3', /additional properties 'replica' not allowed/],
  ['config.helth.intervalMs=5', /\/config.*additional properties 'helth' not allowed/],
  ['config.health.intervalMs=1', /\/config\/health\/intervalMs.*minimum: got 1, want 10/],
  ['config.xds.plaintext=yes', /\/config\/xds\/plaintext.*value must be one of/],
  ['config.gateways[0].name=edge', /\/config\/gateways\/0.*missing propert/],
  ['nameOverride=Even', /\/nameOverride.*does not match pattern/],
  ['fullnameOverride=1st', /\/fullnameOverride.*does not match pattern/],
  ['image.tag=sha256:abc', /\/image\/tag.*does not match pattern/],
  ['extraEnv[0].name=A,extraEnv[0].value=1', /\/extraEnv\/0\/value.*got number, want string/],
  ['xds.port=18001', /xds\.port and admin\.port are both 18001/],
  ['config.xds.listen=0.0.0.0:9999', /config\.xds\.listen is 0\.0\.0\.0:9999, .* set xds\.port/],
  ['config.admin.listen=127.0.0.1:18001', /config\.admin\.listen is 127\.0\.0\.1:18001, .*probes/],
  ['networkPolicy.nodeCIDRs={10.0.0.1}', /\/networkPolicy\/nodeCIDRs\/0.*does not match pattern/],
] as const;

for (const [value, expected] of wrong) {
  test(`--set ${value} is refused, and the message names the value`, { skip: noHelm }, () => {
    const { status, stderr } = render('--set', value);
    assert.notEqual(status, 0);
    assert.match(stderr, expected);
  });
}

test('rules for clients beside a port that is open without TLS cannot be installed', { skip: noHelm }, () => {
  const config = 'config={"xds":{"tls":{"clients":[{"dns":"front.shop"}]}}}';
  const tls = ['--set', 'tls.enabled=true,tls.clientCertificates=true,tls.secretName=s', '--set-json', config];
  const refused = render(...tls);
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /config\.xds\.tls\.clients: these rules are void.*xds\.plaintext=false/);
  const taken = render(...tls, '--set', 'xds.plaintext=false');
  assert.equal(taken.status, 0, taken.stderr);
});

test('the control plane may read Services and EndpointSlices and nothing else', { skip: noHelm }, () => {
  for (const values of [[], ['--set', 'kubernetes.namespaces={shop,billing}']]) {
    const { stdout } = render('--show-only', 'templates/rbac.yaml', ...values);
    const asked = stdout.match(/resources: .*|verbs: .*|apiGroups: .*/g);
    const one = [
      "apiGroups: ['']",
      'resources: [services]',
      'verbs: [get, list, watch]',
      'apiGroups: [discovery.k8s.io]',
      'resources: [endpointslices]',
      'verbs: [get, list, watch]',
    ];
    assert.deepEqual(asked, values.length === 0 ? one : [...one, ...one]);
    assert.equal(/kind: ClusterRole\b/.test(stdout), values.length === 0);
  }
});

test('where it writes Events it may create and patch those, in the namespaces that it serves', { skip: noHelm }, () => {
  for (const [values, roles] of [
    ['kubernetes.events=true', 1],
    ['kubernetes.events=true,kubernetes.namespaces={shop,billing}', 2],
  ] as const) {
    const { stdout } = render('--show-only', 'templates/rbac.yaml', '--set', values);
    assert.equal(
      stdout.match(/apiGroups: \[''\]\n {4}resources: \[events\]\n {4}verbs: \[create, patch\]/g)?.length,
      roles,
    );
    assert.match(render('--show-only', 'templates/configmap.yaml', '--set', values).stdout, /^ +events: true$/m);
  }
});

interface KubeObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly spec?: unknown;
}

/** Objects of a release, of this chart or of another folder. */
function objectsOf(release: string, namespace: string, options: readonly string[] = [], folder = chart): KubeObject[] {
  const flags = ['--namespace', namespace, '--kube-version', kubeVersion, ...options];
  const { status, stdout, stderr } = run('helm', ['template', release, folder, ...flags]);
  assert.equal(status, 0, stderr);
  return parseAllDocuments(stdout).flatMap((document) => document.toJS() ?? []);
}

/** A copy of the chart that can be changed. */
function copyOfChart(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-chart-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const copy = join(folder, 'evenkeel');
  cpSync(chart, copy, { recursive: true });
  return copy;
}

/** Rules of Kubernetes for values of labels, and for the names of Services (RFC 1035). */
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const serviceName = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

for (const [version, appVersion] of [
  ['0.1.0+abc123', '0.1.0+abc123'],
  [`1.2.3-${'a'.repeat(60)}`, `1.2.3-${'a'.repeat(56)}.b`],
  [`0.1.0-rc.1+${'d'.repeat(40)}.7`, 'v1.0 (main)'],
]) {
  test(`labels and image tag of chart ${version}, application ${appVersion}`, { skip: noHelm }, (t) => {
    const copy = copyOfChart(t);
    const metadata = readFileSync(join(chart, 'Chart.yaml'), 'utf8')
      .replace(/^version: .*$/m, `version: '${version}'`)
      .replace(/^appVersion: .*$/m, `appVersion: '${appVersion}'`);
    writeFileSync(join(copy, 'Chart.yaml'), metadata);
    const objects = objectsOf('evenkeel', 'mesh', [], copy);
    for (const { kind, metadata } of objects) {
      for (const value of Object.values(metadata.labels ?? {})) assert.match(value, labelValue, kind);
    }
    const [deployment] = objects.filter(({ kind }) => kind === 'Deployment');
    const { template } = deployment!.spec as { template: KubeObject & { spec: { containers: { image: string }[] } } };
    for (const value of Object.values(template.metadata.labels!)) assert.match(value, labelValue);
    assert.match(template.spec.containers[0]!.image, /^evenkeel:\w[\w.-]{0,127}$/);
  });
}

test('a release name that begins with a digit gives names that begin with a letter', { skip: noHelm }, () => {
  const options = ['--namespace', 'mesh', '--kube-version', kubeVersion];
  const { status, stdout, stderr } = run('helm', ['template', '9foo', chart, ...options]);
  assert.equal(status, 0, stderr);
  const services = parseAllDocuments(stdout).flatMap((document) => {
    const { kind, metadata } = document.toJS() ?? {};
    return kind === 'Service' ? [metadata.name] : [];
  });
  assert.deepEqual(services, ['r9foo-evenkeel-xds', 'r9foo-evenkeel']);
});

test('a long release name, or one with dots, still gives names that Services may have', { skip: noHelm }, () => {
  for (const release of ['a'.repeat(53), 'my.app', `${'a'.repeat(50)}.b`, `${'a'.repeat(42)}--${'b'.repeat(9)}`]) {
    const services = objectsOf(release, 'mesh').filter(({ kind }) => kind === 'Service');
    assert.equal(new Set(services.map(({ metadata }) => metadata.name)).size, 2);
    for (const { metadata } of services) assert.match(metadata.name, serviceName);
  }
});

test('names that look like numbers or truth values stay text', { skip: noHelm }, () => {
  for (const [release, namespace] of [
    ['123', '456'],
    ['null', 'true'],
    ['1e3', '0x10'],
  ] as const) {
    for (const options of [[], ['--set-string', 'kubernetes.namespaces={789},fullnameOverride=on']]) {
      for (const { kind, metadata } of objectsOf(release, namespace, options)) {
        const texts = [metadata.name, metadata.namespace ?? '', ...Object.values(metadata.labels ?? {})];
        assert.ok(
          texts.every((text) => typeof text === 'string'),
          `${kind}: ${JSON.stringify(metadata)}`,
        );
      }
    }
  }
});

test('releases of one name in two namespaces share no object', { skip: noHelm }, () => {
  const releases = [
    ['evenkeel', 'team-a'],
    ['evenkeel', 'team-b'],
    ['a-evenkeel', 'team'],
  ] as const;
  for (const options of [[], ['--set', 'kubernetes.namespaces={shop,team-a}']]) {
    const keys = releases.flatMap(([release, namespace]) =>
      objectsOf(release, namespace, options).map(
        ({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
      ),
    );
    assert.deepEqual(
      keys.filter((key, index) => keys.indexOf(key) !== index),
      [],
    );
  }
});

test('NOTES print the bootstrap, word for word as the command does', { skip: noHelm }, (t) => {
  // Helm renders notes where there is a cluster only, and templates anywhere.
  const copy = copyOfChart(t);
  const text = '{{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}';
  writeFileSync(join(copy, 'templates/notes.yaml'), `kind: Notes\nmetadata: { name: notes }\nspec: ${text}\n`);
  const notesOf = (...options: string[]): string =>
    objectsOf('evenkeel', 'evenkeel', options, copy).find(({ kind }) => kind === 'Notes')!.spec as string;
  const block = (options: Parameters<typeof kubernetesBootstrap>[0]): string => {
    const printed = kubernetesBootstrap(options);
    return printed.slice(printed.indexOf('env:'));
  };
  assert.ok(notesOf().includes(block({})), notesOf());
  const tls = { ca: '/etc/evenkeel-tls/ca.crt', cert: '/etc/evenkeel-tls/tls.crt', key: '/etc/evenkeel-tls/tls.key' };
  const only = ['--set', 'xds.plaintext=false,tls.enabled=true,tls.secretName=tls'];
  assert.ok(notesOf(...only).includes(block({ tls: { ca: tls.ca } })));
  assert.ok(notesOf(...only, '--set', 'tls.clientCertificates=true').includes(block({ tls })));
  t.assert.fileSnapshot(notesOf(), join(cases, 'notes.txt'), { serializers: [String] });
});

test('the ids of a pod can be left to the cluster, as OpenShift wants it', { skip: noHelm }, () => {
  const ids = ['runAsUser', 'runAsGroup', 'fsGroup'];
  const options = ['--set', ids.map((id) => `podSecurityContext.${id}=null`).join(',')];
  const deployment = objectsOf('evenkeel', 'mesh', options).find(({ kind }) => kind === 'Deployment');
  const { securityContext } = (deployment!.spec as { template: { spec: { securityContext: object } } }).template.spec;
  assert.deepEqual(securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
});

test('with the values of the chart before (--reuse-values) nothing is missing', { skip: noHelm }, () => {
  const newer = ['podSecurityContext', 'securityContext', 'networkPolicy.apiServerPorts', 'networkPolicy.dnsPorts'];
  const older = ['networkPolicy.nodeCIDRs', 'networkPolicy.extraEgress'];
  const without = [...newer, ...older].map((name) => `${name}=null`).join(',');
  assert.deepEqual(objectsOf('evenkeel', 'mesh', ['--set', without]), objectsOf('evenkeel', 'mesh'));
});

test('before Kubernetes 1.31, which does not know it there, affinity has no matchLabelKeys', { skip: noHelm }, () => {
  const old = objectsOf('evenkeel', 'mesh', ['--kube-version', '1.30.0']);
  const now = objectsOf('evenkeel', 'mesh');
  const terms = (objects: readonly KubeObject[]): number =>
    JSON.stringify(objects).split('"matchLabelKeys":["pod-template-hash"]').length - 1;
  // The spread constraint knows it since 1.27.
  assert.deepEqual([terms(old), terms(now)], [1, 3]);
});
