import assert from 'node:assert/strict';
import { test } from 'node:test';
import { images, withoutCluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';
import { type Manifest, manifestsOf } from './support/manifests.ts';
import { Namespace } from './support/namespace.ts';

const skip = withoutCluster();

test('system C: Kubernetes itself, and a chain of services', { skip }, async (t) => {
  const here = await Namespace.create(t, 'c');
  const manifests = await manifestsOf('c', here.name);
  const isLate = ({ kind, metadata }: Manifest) => kind === 'Service' && metadata.name === 'service-c';
  // Services first: a pod gets the variables of those that exist when it starts.
  await here.apply(manifests.filter((manifest) => manifest.kind === 'Service' && !isLate(manifest)));
  await here.apply(manifests.filter(({ kind }) => kind === 'Deployment'));
  await here.rolledOut('service-a', 'service-b', 'service-c');
  const answerOf = async (url: string) => JSON.parse((await here.callOnce(url)).body);
  const podAddresses = async (app: string): Promise<Map<string, string>> => {
    const { items } = await here.get('pods', `--selector=app=${app}`, '--field-selector=status.phase=Running');
    return new Map(
      items.map(({ metadata, status }: Manifest & { status: { podIP: string } }) => [metadata.name, status.podIP]),
    );
  };
  /** Addresses that the Service leads to. */
  const endpointsOf = async (service: string): Promise<string[]> => {
    const { items } = await here.get('endpointslices', `--selector=kubernetes.io/service-name=${service}`);
    return items
      .flatMap(({ endpoints }: { endpoints: { addresses: string[]; conditions: { ready: boolean } }[] }) => endpoints)
      .filter(({ conditions }: { conditions: { ready: boolean } }) => conditions.ready)
      .flatMap(({ addresses }: { addresses: string[] }) => addresses)
      .sort();
  };

  await t.test('a pod knows the Services that were there when it started', async () => {
    const { spec } = await here.get('service', 'service-a');
    const known = await until(
      'service-a answers',
      () => answerOf('http://service-a/'),
      () => true,
    );
    assert.deepEqual(known, { SERVICE_TYPE: 'A', SERVICE_HOST: spec.clusterIP, SERVICE_PORT: '80' });
    const [address] = [...(await podAddresses('service-c')).values()];
    assert.deepEqual(await answerOf(`http://${address}:8000/`), {
      SERVICE_TYPE: 'C',
      SERVICE_HOST: null,
      SERVICE_PORT: null,
    });
  });

  await t.test('a Service that is made later: stale variables do not know it, DNS does', async () => {
    await here.apply(manifests.filter(isLate));
    const ofC = { SERVICE_TYPE: 'C', SERVICE_HOST: null, SERVICE_PORT: null };
    const found = await until(
      'found by DNS',
      () => here.callOnce('http://service-a/service?via=dns'),
      ({ status }) => status === 200,
    );
    assert.deepEqual(JSON.parse(found.body), ofC);
    assert.equal((await here.callOnce('http://service-a/service')).status, 503);
  });

  await t.test('a new image rolls out, the history has its cause, undo goes back', async () => {
    // The same image by its full name is another text, which is all that a rollout asks for.
    const other = `docker.io/library/${images.evenkeel}`;
    await here.kubectl(['set', 'image', 'deployment/service-b', `app=${other}`]);
    const cause = 'kubernetes.io/change-cause=service-c has a Service now';
    await here.kubectl(['annotate', 'deployment/service-b', '--overwrite', cause]);
    await here.kubectl(['rollout', 'restart', 'deployment/service-c']);
    await here.rolledOut('service-b', 'service-c');
    const history = await here.kubectl(['rollout', 'history', 'deployment/service-b']);
    assert.match(history, /1\s+first version\n2\s+service-c has a Service now/);

    const { spec } = await here.get('service', 'service-c');
    const answer = await until(
      'found by environment',
      () => here.callOnce('http://service-a/service'),
      ({ status, body }) => status === 200 && !body.includes('null'),
    );
    assert.deepEqual(JSON.parse(answer.body), { SERVICE_TYPE: 'C', SERVICE_HOST: spec.clusterIP, SERVICE_PORT: '80' });

    await here.kubectl(['rollout', 'undo', 'deployment/service-b', '--to-revision=1']);
    await here.rolledOut('service-b');
    const undone = await here.get('deployment', 'service-b');
    assert.equal(undone.spec.template.spec.containers[0].image, images.evenkeel);
  });

  await t.test('one trace goes through all three, over HTTP and gRPC', async () => {
    const headers = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1',
    };
    for (const protocol of ['http', 'grpc']) {
      const { status, body } = await here.callOnce(`http://service-a/hops?via=dns&protocol=${protocol}`, { headers });
      assert.equal(status, 200, body);
      for (const [id, service] of [
        ['0af7651916cd43dd8448eb211c80319c', 'service-c'],
        ['80f198ee56343ba864fe8b2a57d3eff7', 'service-c'],
      ] as const) {
        assert.equal(body.split(id).length - 1, 3, body);
        assert.match(body, new RegExp(service));
      }
    }
  });

  await t.test('NodePort and ExternalName lead there, on port 80 and 8000', async () => {
    const { spec } = await here.get('service', 'service-a-nodeport');
    const { items: nodes } = JSON.parse(await here.kubectl(['get', 'nodes', '--output=json']));
    const { address } = nodes[0].status.addresses.find(({ type }: { type: string }) => type === 'InternalIP');
    for (const url of [
      `http://${address}:${spec.ports[0].nodePort}/`,
      'http://service-b-external:8000/',
      'http://service-a:8000/',
    ]) {
      const { status, body } = await here.callOnce(url);
      assert.equal(status, 200, body);
      assert.equal(JSON.parse(body).SERVICE_TYPE, url.includes('external') ? 'B' : 'A');
    }
    const external = await here.get('service', 'service-b-external');
    assert.equal(external.spec.type, 'ExternalName');
  });

  await t.test('failed readiness takes the pod out of the endpoints, and back', async () => {
    const [[, address] = []] = await podAddresses('service-c');
    const admin = `http://${address}:9090`;
    await here.callOnce(`${admin}/fail?probe=readiness`, { method: 'POST' });
    await until(
      'two are left',
      () => endpointsOf('service-c'),
      (addresses) => addresses.length === 2 && !addresses.includes(address!),
    );
    await here.callOnce(`${admin}/recover?probe=readiness`, { method: 'POST' });
    await until(
      'three again',
      () => endpointsOf('service-c'),
      (addresses) => addresses.length === 3,
    );
  });

  await t.test('failed liveness restarts the container', async () => {
    const [[pod, address] = []] = await podAddresses('service-c');
    await here.callOnce(`http://${address}:9090/fail?probe=liveness`, { method: 'POST' });
    await until(
      'restarted and ready',
      async () => (await here.get('pod', pod!)).status.containerStatuses[0],
      ({ restartCount, ready }) => restartCount === 1 && ready,
    );
  });

  await t.test('kubectl top shows figures', async (inner) => {
    const has = await here.kubectl(['get', '--raw', '/apis/metrics.k8s.io/v1beta1']).catch(() => undefined);
    if (has === undefined && process.env.EVENKEEL_REQUIRE !== 'all') return inner.skip('there is no metrics server');
    await until(
      'figures of all three pods',
      () => here.kubectl(['top', 'pods', '--selector=app=service-a', '--no-headers']),
      (figures) => (figures.match(/\d+m\s+\d+Mi/g) ?? []).length === 3,
    );
  });

  await t.test('externalTrafficPolicy: Local keeps the address of the caller and drops elsewhere', async (inner) => {
    const { items } = JSON.parse(await here.kubectl(['get', 'nodes', '--output=json']));
    const nodes = items.map(({ metadata, status }: Manifest & { status: { addresses: [] } }) => ({
      name: metadata.name,
      address: (status.addresses as { type: string; address: string }[]).find(({ type }) => type === 'InternalIP')!
        .address,
    })) as { name: string; address: string }[];
    const [where, elsewhere] = nodes;
    if (elsewhere === undefined) return inner.skip('one machine only');
    const portOf = async (service: string) => (await here.get('service', service)).spec.ports[0].nodePort;
    const local = await portOf('service-a-local');
    const cluster = await portOf('service-a-nodeport');
    /** From outside, as a browser comes; undefined where the connection is dropped. */
    const clientAt = async (address: string, port: number) => {
      const signal = AbortSignal.timeout(2_000);
      const headers = { connection: 'close' };
      const answer = await fetch(`http://${address}:${port}/client`, { signal, headers }).catch(() => undefined);
      if (answer === undefined) return undefined;
      const { client, node } = (await answer.json()) as { readonly client: string; readonly node: string };
      return { client: client.replace(/:\d+$/, ''), node };
    };
    if ((await clientAt(where!.address, cluster)) === undefined && process.env.EVENKEEL_REQUIRE !== 'all') {
      return inner.skip('the machines of the cluster cannot be reached from here');
    }

    const only = { spec: { template: { spec: { nodeSelector: { 'kubernetes.io/hostname': where!.name } } } } };
    await here.kubectl(['patch', 'deployment/service-a', '--patch', JSON.stringify(only)]);
    await here.rolledOut('service-a');
    await until(
      'nothing is left on the other machine',
      () => clientAt(elsewhere.address, local),
      (answer) => answer === undefined,
    );
    const kept = await until(
      'an answer at the right machine',
      () => clientAt(where!.address, local),
      (answer) => answer !== undefined,
    );
    assert.equal(kept!.node, where!.name);
    // The detour by the other machine gives the call that machine's address.
    const detoured = await until(
      'an answer by the detour',
      () => clientAt(elsewhere.address, cluster),
      (answer) => answer !== undefined,
    );
    assert.notEqual(detoured!.client, kept!.client);
    assert.ok(!nodes.some(({ address }) => address === kept!.client), kept!.client);
  });
});
