import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointView, LabEndpoint, ServiceView } from '../endpoints.ts';
import { answer } from './zone.ts';

function endpoint(address: string, ready = true): LabEndpoint {
  return { address, pod: address, ready, serving: true, terminating: !ready, zone: 'a', region: 'r', kubeNode: 'n' };
}

function serviceView(
  namespace: string,
  name: string,
  clusterIp: string | undefined,
  endpoints: LabEndpoint[],
): ServiceView {
  const dnsName = `${name}.${namespace}.svc.cluster.local`;
  const ports = [
    { name: 'grpc', port: 80, boundPort: 8080, shifted: true, targetPort: 50_051, address: '' },
    { name: '', port: 81, boundPort: 81, shifted: false, targetPort: 81, address: '' },
  ];
  return { service: { name, namespace, dnsName, headless: clusterIp === undefined, clusterIp, ports }, endpoints };
}

const pods = [endpoint('127.30.1.1'), endpoint('127.30.1.2'), endpoint('127.30.1.3', false)];
const view: EndpointView = new Map([
  ['default/be1-srv', serviceView('default', 'be1-srv', undefined, pods)],
  ['default/web', serviceView('default', 'web', '127.30.200.1', pods)],
  ['default/empty', serviceView('default', 'empty', undefined, [])],
  ['shop/orders', serviceView('shop', 'orders', '127.30.200.2', [])],
]);

function ask(name: string, type = 'A'): string {
  const { rcode, answers } = answer(view, 'default', name, type);
  if (rcode !== 'NOERROR') return rcode;
  if (answers.length === 0) return 'NODATA';
  return answers.map((record) => (record.type === 'A' ? record.address : `${record.target}:${record.port}`)).join(' ');
}

test('a ClusterIP, in every form of its name and in any spelling', () => {
  for (const name of [
    'web',
    'web.default',
    'web.default.svc',
    'web.default.svc.cluster.local',
    'WEB.Default.SVC.cluster.LOCAL',
  ]) {
    assert.equal(ask(name), '127.30.200.1', name);
  }
  assert.equal(ask('orders.shop'), '127.30.200.2');
  assert.equal(ask('orders'), 'NXDOMAIN');
});

test('a headless Service answers with its ready pods', () => {
  assert.equal(ask('be1-srv.default.svc.cluster.local'), '127.30.1.1 127.30.1.2');
});

test('SRV: one target a ready pod, or the ClusterIP with the port that works', () => {
  assert.equal(
    ask('_grpc._tcp.be1-srv.default.svc.cluster.local', 'SRV'),
    '127-30-1-1.be1-srv.default.svc.cluster.local:50051 127-30-1-2.be1-srv.default.svc.cluster.local:50051',
  );
  assert.equal(ask('_grpc._tcp.web', 'SRV'), 'web.default.svc.cluster.local:8080');
  assert.equal(ask('_grpc._tcp.orders.shop', 'SRV'), 'orders.shop.svc.cluster.local:8080');
  const { additionals } = answer(view, 'default', '_grpc._tcp.be1-srv.default.svc.cluster.local', 'SRV');
  assert.deepEqual(additionals[1], {
    type: 'A',
    name: '127-30-1-2.be1-srv.default.svc.cluster.local',
    address: '127.30.1.2',
  });
});

test('a pod of a headless Service has a name of its own, as long as it is ready', () => {
  assert.equal(ask('127-30-1-1.be1-srv.default.svc.cluster.local'), '127.30.1.1');
  assert.equal(ask('127-30-1-3.be1-srv.default.svc.cluster.local'), 'NXDOMAIN');
  assert.equal(ask('127-30-1-1.web.default.svc.cluster.local'), 'NXDOMAIN');
});

test('a name without such a record is not a name that does not exist', () => {
  for (const [name, type] of [
    ['web', 'AAAA'],
    ['web', 'SRV'],
    ['empty', 'A'],
    ['_grpc._tcp.empty', 'SRV'],
    ['_grpc._tcp.web', 'A'],
    ['_tcp.web', 'SRV'],
    ['127-30-1-1.be1-srv.default.svc.cluster.local', 'AAAA'],
    ['shop.svc.cluster.local', 'A'],
    ['svc.cluster.local', 'A'],
    ['cluster.local', 'A'],
  ] as const) {
    assert.equal(ask(name, type), 'NODATA', `${name} ${type}`);
  }
  for (const [name, type] of [
    ['nobody', 'A'],
    ['nobody.default.svc.cluster.local', 'A'],
    ['web.nowhere.svc.cluster.local', 'A'],
    ['nowhere.svc.cluster.local', 'A'],
    ['other.cluster.local', 'A'],
    ['_http._tcp.web', 'SRV'],
    ['_grpc._udp.web', 'SRV'],
    ['a._grpc._tcp.web.default.svc', 'SRV'],
  ] as const) {
    assert.equal(ask(name, type), 'NXDOMAIN', `${name} ${type}`);
  }
});

test('what is not the cluster is refused, never asked of anybody else', () => {
  for (const name of ['example.com', 'web.example.com', '.', '1.0.0.127.in-addr.arpa'])
    assert.equal(ask(name), 'REFUSED', name);
});
