// What the real controller of EndpointSlices writes, and what becomes of it: slices that are deleted, a Service made again.
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { findKubeAccess } from '../../src/discovery/kubernetes/kube-access.ts';
import type { KubeAccess } from '../../src/discovery/kubernetes/kube-request.ts';
import { KubernetesDiscovery } from '../../src/discovery/kubernetes/kubernetes-discovery.ts';
import { RecordingObserver } from '../../src/discovery/testing/recording-observer.ts';
import { usableEndpoints } from '../../src/model/usable-endpoints.ts';
import { withoutCluster } from '../support/cluster.ts';
import { Api, createNamespace, deleteNamespace, serviceObject, servicePath, slicePath } from './support/api.ts';

const skip = withoutCluster();
const access: KubeAccess = skip === false ? await findKubeAccess({}) : (undefined as never);
const api = new Api(access);
after(() => api.close());

const selecting = serviceObject('a', { selector: { app: 'a' } });

/** A Service that selects no pod: the controller writes its placeholder, and the test the rest. */
async function start(t: TestContext) {
  const namespace = await createNamespace(api, 'ek-semantics');
  t.after(() => deleteNamespace(api, namespace));
  await api.apply(servicePath(namespace, 'a'), selecting);
  const byHand = (name: string, addressType: string, address: string, pod: string) =>
    api.apply(slicePath(namespace, name), {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name,
        labels: { 'kubernetes.io/service-name': 'a', 'endpointslice.kubernetes.io/managed-by': 'test' },
      },
      addressType,
      ports: [{ name: 'grpc', port: 50051, protocol: 'TCP' }],
      endpoints: [{ addresses: [address], conditions: {}, targetRef: { kind: 'Pod', namespace, name: pod } }],
    });
  const observer = new RecordingObserver();
  const discovery = new KubernetesDiscovery({ access, namespaces: [namespace] });
  t.after(() => discovery.stop());
  await discovery.start(observer);
  await observer.until('it is synced', ({ isSynced }) => isSynced);
  const addresses = () =>
    usableEndpoints(observer.services.get(`${namespace}/a`)?.ports[0]?.endpoints ?? [])
      .endpoints.map(({ address }) => address)
      .join(' ');
  return { namespace, byHand, observer, addresses };
}

test('beside the placeholder of the controller, slices of both families count pod by pod', { skip }, async (t) => {
  const { byHand, observer, addresses } = await start(t);
  await byHand('a-v6', 'IPv6', 'fd00::1', 'one');
  await observer.until('there is nothing but IPv6', () => addresses() === 'fd00::1');
  await byHand('a-v4', 'IPv4', '10.7.0.2', 'two');
  await observer.until('the family of the Service counts', () => addresses() === '10.7.0.2');
  assert.match(
    `${[...observer.services.values()][0]?.problems}`,
    /IPv6 addresses and the Service's ipFamilies are IPv4/,
  );
});

test('a slice that is deleted is kept until the controller has written another', { skip }, async (t) => {
  const { namespace, byHand, observer, addresses } = await start(t);
  await byHand('a-v4', 'IPv4', '10.7.0.1', 'one');
  await observer.until('the endpoint is there', () => addresses() === '10.7.0.1');
  const path = slicePath(namespace, '').replace(/\/$/, '');
  await api.delete(`${path}?labelSelector=kubernetes.io%2Fservice-name%3Da`);
  await observer.until('the placeholder is believed', () => addresses() === '');
  const problems = observer.events.flatMap((event) => (event.kind === 'upsert' ? (event.service.problems ?? []) : []));
  assert.ok(problems.some((problem) => /were deleted and Kubernetes has written no new one yet/.test(problem)));
});
