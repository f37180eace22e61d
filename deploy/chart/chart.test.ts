import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

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

const wrong = [
  ['replicas=two', /\/replicas.*got string, want integer/],
  ['xds.plaintext=perhaps', /\/xds\/plaintext.*got string, want boolean/],
  ['admin.port=99999', /\/admin\/port.*maximum: got 99,999/],
  ['image.pullPolicy=Sometimes', /\/image\/pullPolicy.*value must be one of/],
  ['kubernetes.namespaces={Shop}', /\/kubernetes\/namespaces\/0.*does not match pattern/],
  ['logLevel=loud', /\/logLevel.*value must be one of/],
  ['tls.enabled=true', /\/tls\/secretName.*minLength/],
  ['replica=3', /additional properties 'replica' not allowed/],
] as const;

for (const [value, expected] of wrong) {
  test(`--set ${value} is refused, and the message names the value`, { skip: noHelm }, () => {
    const { status, stderr } = render('--set', value);
    assert.notEqual(status, 0);
    assert.match(stderr, expected);
  });
}

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
