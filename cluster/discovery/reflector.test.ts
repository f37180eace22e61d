// How list and watch get along with a real API server: time-outs, rights, restrictions.
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { findKubeAccess } from '../../src/discovery/kubernetes/kube-access.ts';
import type { KubeAccess } from '../../src/discovery/kubernetes/kube-request.ts';
import {
  KubernetesDiscovery,
  type KubernetesDiscoveryOptions,
} from '../../src/discovery/kubernetes/kubernetes-discovery.ts';
import { RecordingObserver } from '../../src/discovery/testing/recording-observer.ts';
import { withoutCluster } from '../support/cluster.ts';
import {
  Api,
  createNamespace,
  deleteNamespace,
  serviceObject,
  servicePath,
  sliceObject,
  slicePath,
} from './support/api.ts';

const skip = withoutCluster();
const patience = 120_000;
const access: KubeAccess = skip === false ? await findKubeAccess({}) : (undefined as never);
const api = new Api(access);
after(() => api.close());

async function namespaceOf(t: TestContext): Promise<string> {
  const namespace = await createNamespace(api, 'ek-discovery');
  t.after(() => deleteNamespace(api, namespace));
  return namespace;
}

async function observe(t: TestContext, options: KubernetesDiscoveryOptions): Promise<RecordingObserver> {
  const observer = new RecordingObserver();
  const discovery = new KubernetesDiscovery({ access, ...options });
  t.after(() => discovery.stop());
  await discovery.start(observer);
  return observer;
}

async function write(namespace: string, name: string, labels: Record<string, string> = {}): Promise<void> {
  await api.apply(servicePath(namespace, name), serviceObject(name, {}, { labels }));
  await api.apply(slicePath(namespace, `${name}-x1`), sliceObject(name, `${name}-x1`, [{ address: '10.7.0.1' }]));
}

function hasEndpoint(observer: RecordingObserver, key: string): boolean {
  return observer.services.get(key)?.ports[0]?.endpoints.length === 1;
}

test('watches that the server ends are begun again without a list and without a failure', {
  skip,
  timeout: patience,
}, async (t) => {
  const namespace = await namespaceOf(t);
  const asked: URL[] = [];
  const counting: KubeAccess = {
    ...access,
    requestOptions: async () => {
      asked.push(new URL(access.server));
      return access.requestOptions();
    },
  };
  const times = { watchTimeoutMs: 1_000, shortWatchMs: 1 };
  const observer = await observe(t, { access: counting, namespaces: [namespace], times });
  await observer.until('it is synced', ({ isSynced }) => isSynced);
  // Two lists and several rounds of two watches, each a second or so.
  for (const name of ['a', 'b', 'c']) {
    const before = asked.length;
    while (asked.length < before + 4) await new Promise((resolve) => setTimeout(resolve, 50));
    await write(namespace, name);
    await observer.until('the new Service is told', () => hasEndpoint(observer, `${namespace}/${name}`));
  }
  assert.deepEqual(
    observer.events.filter(({ kind }) => kind === 'degraded'),
    [],
  );
});

test('other namespaces and other labels are left alone', { skip, timeout: patience }, async (t) => {
  const [one, other] = [await namespaceOf(t), await namespaceOf(t)];
  await write(one, 'a', { team: 'x' });
  await write(one, 'b');
  await write(other, 'a', { team: 'x' });
  const restricted = await observe(t, { namespaces: [one], labelSelector: 'team=x' });
  await restricted.until('it is synced', ({ isSynced }) => isSynced);
  assert.deepEqual([...restricted.services.keys()], [`${one}/a`]);
  const everywhere = await observe(t, { labelSelector: 'team in (x)' });
  await everywhere.until('it is synced', ({ isSynced }) => isSynced);
  assert.ok(everywhere.services.has(`${one}/a`) && everywhere.services.has(`${other}/a`));
  // Without the label it is not one of ours any more, which the API tells as a deletion.
  await api.apply(servicePath(one, 'a'), serviceObject('a'));
  await everywhere.until('it is gone', ({ services }) => !services.has(`${one}/a`));
});

test('a selector that is none is told with what the API server says of it', { skip, timeout: patience }, async (t) => {
  const observer = await observe(t, { labelSelector: 'team=x=y' });
  await observer.until('it is told', ({ error }) => error !== undefined);
  assert.equal(observer.error?.code, 'EK_KUBE_ANSWER');
  assert.match(observer.error!.message, /does not take "team=x=y" to list services in all namespaces: found '='/);
});

test('rights that are missing are named, and once granted they are enough', { skip, timeout: patience }, async (t) => {
  const namespace = await namespaceOf(t);
  await write(namespace, 'a');
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const role = (resources: readonly string[]) =>
    api.apply(`${rbac}/roles/evenkeel`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'evenkeel' },
      rules: [{ apiGroups: ['', 'discovery.k8s.io'], resources, verbs: ['get', 'list', 'watch'] }],
    });
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await api.request('POST', accounts, { metadata: { name: 'evenkeel' } });
  await role(['services']);
  await api.request('POST', `${rbac}/rolebindings`, {
    metadata: { name: 'evenkeel' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'evenkeel' },
    subjects: [{ kind: 'ServiceAccount', name: 'evenkeel', namespace }],
  });
  const { status } = await api.request('POST', `${accounts}/evenkeel/token`, { spec: {} });
  const { token } = status as { token: string };
  const { ca } = await access.requestOptions();
  const asPod: KubeAccess = {
    ...access,
    requestOptions: async () => ({ headers: { authorization: `Bearer ${token}` }, ca }),
  };

  const everywhere = await observe(t, { access: asPod });
  await everywhere.until(
    'both are told',
    ({ error }) => error?.message.includes('list services') === true && error.message.includes('list endpointslices'),
  );
  assert.match(everywhere.error!.message, /forbids to list services in all namespaces: .*at the cluster scope/);
  assert.match(everywhere.error!.message, /forbids to list endpointslices\.discovery\.k8s\.io in all namespaces: /);
  assert.match(everywhere.error!.hint, /ClusterRole, or name with --namespaces those that may be read/);

  const observer = await observe(t, { access: asPod, namespaces: [namespace] });
  await observer.until('what is missing is told', ({ error }) => error?.message.includes('endpointslices') === true);
  assert.equal(observer.error?.code, 'EK_KUBE_FORBIDDEN');
  assert.match(observer.error.message, /forbids to list endpointslices\.discovery\.k8s\.io in namespace/);
  assert.equal(observer.services.size, 0, 'a Service without its endpoints would look empty');
  await role(['services', 'endpointslices']);
  await observer.until('it is synced', ({ isSynced, error }) => isSynced && error === undefined);
  assert.ok(hasEndpoint(observer, `${namespace}/a`));
});

test('a token that is none is told as such', { skip, timeout: patience }, async (t) => {
  const { ca } = await access.requestOptions();
  const stranger: KubeAccess = {
    ...access,
    requestOptions: async () => ({ headers: { authorization: 'Bearer nobody' }, ca }),
  };
  const observer = await observe(t, { access: stranger });
  await observer.until('it is told', ({ error }) => error !== undefined);
  assert.equal(observer.error?.code, 'EK_KUBE_UNAUTHORIZED');
});
