import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { images, partsOf, withoutCluster } from './support/cluster.ts';
import { kubectl, run } from './support/run.ts';
import { until } from './support/until.ts';
import { type Manifest, manifestsOf } from './systems/support/manifests.ts';
import { Namespace } from './systems/support/namespace.ts';

const skip = withoutCluster('helm', 'openssl');

function isAnswer(line: string): boolean {
  return /^#\d+: server-/.test(line);
}

test('the chart: upgrade and rollback keep clients served', { skip }, async (t) => {
  const here = await Namespace.create(t, 'chart');
  const { repository, tag } = partsOf(images.evenkeel);
  const helm = (...args: readonly string[]) => run('helm', [...args, '--namespace', here.name]);
  const release = ['evenkeel', 'deploy/chart/evenkeel'];
  const ours = `image.repository=${repository},image.tag=${tag},kubernetes.namespaces={${here.name}}`;
  const upgrade = (...options: readonly string[]) =>
    helm('upgrade', '--install', ...release, '--set', ours, '--timeout=150s', ...options);
  const controlPlanes = () => here.get('pods', '--selector=app.kubernetes.io/name=evenkeel');

  let notes = '';
  await t.test('it installs, two copies on two machines, where pods have no rights', async () => {
    notes = await upgrade('--wait');
    assert.match(notes, /1\. .*\n[\s\S]*2\. .*\n[\s\S]*3\. /);
    const { items } = await controlPlanes();
    assert.equal(items.length, 2);
    const { items: nodes } = JSON.parse(await kubectl(['get', 'nodes', '--output=json']));
    const machines = new Set(items.map(({ spec }: Manifest) => spec.nodeName));
    assert.equal(machines.size, Math.min(2, nodes.length));
    await until(
      'the budget allows one disruption',
      () => here.get('poddisruptionbudget', 'evenkeel'),
      ({ status }) => status.disruptionsAllowed === 1,
    );
  });

  await t.test('bootstrap --kubernetes is all that a client needs, printed in the pod or by helm', async () => {
    const bootstrap = await here.kubectl([
      ...['exec', 'deployment/evenkeel', '--', 'evenkeel', 'bootstrap', '--kubernetes'],
      ...['--server', `dns:///evenkeel-xds.${here.name}:18000`],
    ]);
    assert.ok(notes.includes(bootstrap.slice(bootstrap.indexOf('env:')).trim()), notes);
    const manifests = await manifestsOf('b-even', here.name);
    const client = manifests.find(({ metadata }) => metadata.name === 'client-grpc-xds')!;
    const [container] = client.spec.template.spec.containers;
    const given = parse(bootstrap).env as { readonly name: string }[];
    const own = container.env.filter(({ name }: { name: string }) => !given.some((variable) => variable.name === name));
    container.env = [...given, ...own];
    // No call is too slow on a busy machine; what fails here was lost.
    container.args.push('--interval-ms=20', '--deadline-ms=60000');
    await here.apply([...manifests.filter(({ metadata }) => metadata.name === 'server'), client]);
    await here.rolledOut('server', 'client-grpc-xds');
    await until('calls are answered', answered, ({ answers }) => answers.length > 50);
  });

  /** All lines of the client from its first answer on: pods that answered, and what is no answer. */
  async function answered(): Promise<{ readonly answers: string[]; readonly failures: string[] }> {
    const lines = (await here.kubectl(['logs', 'deployment/client-grpc-xds'])).trim().split('\n');
    const fromFirst = lines.slice(Math.max(0, lines.findIndex(isAnswer)));
    return { answers: fromFirst.filter(isAnswer), failures: fromFirst.filter((line) => !isAnswer(line)) };
  }
  /** Calls go on, and the client is told of a change, which it is only over a stream that lives. */
  async function servedThrough(replicas: number): Promise<void> {
    await here.scale('server', replicas);
    const pods = await here.pods('server');
    const { failures } = await until(`calls on all ${replicas} pods`, answered, ({ answers }) =>
      pods.every((pod) => answers.slice(-20 * replicas).some((line) => line.endsWith(pod))),
    );
    assert.deepEqual(failures, []);
  }

  await t.test('an upgrade: no call fails, and the new copies tell of new pods', async () => {
    const before = await controlPlanes();
    await upgrade('--set', 'logLevel=debug', '--wait');
    const old = new Set(before.items.map(({ metadata }: Manifest) => metadata.name));
    await until(
      'only new copies',
      controlPlanes,
      ({ items }) => items.length === 2 && !items.some(({ metadata }: Manifest) => old.has(metadata.name)),
    );
    const { items } = await controlPlanes();
    const machines = new Set(items.map(({ spec }: Manifest) => spec.nodeName));
    const { items: nodes } = JSON.parse(await kubectl(['get', 'nodes', '--output=json']));
    assert.equal(machines.size, Math.min(2, nodes.length), 'the new copies are apart as well');
    await servedThrough(4);
  });

  await t.test('a configuration that is wrong never takes over', async () => {
    // No schema of Helm's compares two fields.
    await upgrade('--set', 'config.discovery.dns.minIntervalMs=9000');
    const said = await until(
      'the new copy says what is wrong',
      () => here.kubectl(['logs', '--selector=app.kubernetes.io/name=evenkeel', '--tail=20']),
      (log) => log.includes('EK_CONFIG_INVALID'),
    );
    assert.match(said, /evenkeel\.yaml:\d+:\d+, field discovery\.dns\.minIntervalMs/);
    const { items } = await controlPlanes();
    const ready = items.filter(({ status }: Manifest) => status.containerStatuses?.[0]?.ready);
    assert.equal(ready.length, 2);
  });

  await t.test('what Kubernetes would not change of a Service is refused, with what to do', async () => {
    const refused = await upgrade('--set', 'service.headless=false').then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    assert.match(refused, /service\.headless=false: the Service \S+\/evenkeel exists and is headless/);
    assert.match(refused, /kubectl -n \S+ delete service evenkeel/);
    const { spec } = await here.get('service', 'evenkeel-xds');
    assert.match(spec.clusterIP, /^\d/);
  });

  await t.test('a rollback: no call fails either', async () => {
    await helm('rollback', 'evenkeel', '1', '--wait', '--timeout=150s');
    await servedThrough(5);
  });

  await t.test('TLS beside plaintext, from a Secret', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-chart-'));
    t.after(() => rm(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
    const host = `evenkeel-xds.${here.name}`;
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
      ...['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', cert],
    ]);
    await here.kubectl(['create', 'secret', 'tls', 'evenkeel-tls', `--cert=${cert}`, `--key=${key}`]);
    await upgrade('--set', 'tls.enabled=true,tls.secretName=evenkeel-tls', '--wait');
    const { data } = await here.get('secret', 'evenkeel-tls');
    const handshake = `
      import { connect } from 'node:tls';
      const { host, ca } = JSON.parse(process.argv[1]);
      const socket = connect({ host, port: 18443, servername: host, ca: Buffer.from(ca, 'base64'), ALPNProtocols: ['h2'] });
      socket.once('secureConnect', () => { console.log(socket.authorized, socket.alpnProtocol); socket.destroy(); });`;
    const shaken = await until(
      'a handshake',
      () => here.script(handshake, JSON.stringify({ host, ca: data['tls.crt'] })),
      () => true,
    );
    assert.equal(shaken.trim(), 'true h2');
    assert.deepEqual((await answered()).failures, []);
  });

  await t.test('uninstalled, nothing of it is left, and clients keep what they know', async () => {
    await helm('uninstall', 'evenkeel', '--wait');
    const kinds = 'deployments,services,configmaps,roles,rolebindings,poddisruptionbudgets,networkpolicies';
    const left = await here.kubectl(['get', kinds, '--selector=app.kubernetes.io/name=evenkeel', '--output=name']);
    assert.equal(left, '');
    const { answers } = await answered();
    const later = await until('calls go on', answered, (now) => now.answers.length > answers.length + 50);
    assert.deepEqual(later.failures, []);
  });
});
