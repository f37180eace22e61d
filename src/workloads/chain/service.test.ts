import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RunningWorkload } from '../pod/running.ts';
import { callsOf } from '../testing/calls.ts';
import { startChild } from '../testing/child.ts';
import { startDns } from '../testing/dns.ts';
import { get } from '../testing/http.ts';
import { testSettings } from '../testing/settings.ts';
import { chainOptions, type ServiceType } from './options.ts';
import { startChain } from './service.ts';

interface Started extends RunningWorkload {
  /** What Kubernetes would set for it in pods that start later. */
  readonly variables: Record<string, string>;
}

async function start(test: TestContext, serviceType: ServiceType, env: Record<string, string>): Promise<Started> {
  const podName = `pod-${serviceType.toLowerCase()}`;
  const settings = testSettings(chainOptions, { serviceType, podName, grpcPort: '0', deadlineMs: '30000' });
  const running = await startChain(settings, env);
  test.after(() => running.stop(0));
  const [host, http] = running.addresses.http!.split(':');
  const prefix = `SERVICE_${serviceType}_SERVICE`;
  return {
    ...running,
    variables: {
      [`${prefix}_HOST`]: host!,
      [`${prefix}_PORT`]: http!,
      [`${prefix}_PORT_GRPC`]: running.addresses.grpc!.split(':')[1]!,
    },
  };
}

/** C first, so that each pod knows the one after it; none knows itself. */
async function startAll(test: TestContext): Promise<Record<ServiceType, Started>> {
  const c = await start(test, 'C', { SERVICE_C_SERVICE_HOST: '10.104.52.109', SERVICE_C_SERVICE_PORT: '80' });
  const b = await start(test, 'B', c.variables);
  const a = await start(test, 'A', { ...b.variables, NODE_NAME: 'node-1' });
  return { A: a, B: b, C: c };
}

const jsonOfC = '{"SERVICE_TYPE":"C","SERVICE_HOST":"10.104.52.109","SERVICE_PORT":"80"}';

test('GET / answers for itself, null where the environment says nothing', async (t) => {
  const chain = await startAll(t);
  const { status, body, headers } = await get(chain.A.addresses.http!, '/');
  assert.equal(status, 200);
  assert.equal(body, '{"SERVICE_TYPE":"A","SERVICE_HOST":null,"SERVICE_PORT":null}');
  assert.equal(headers['evenkeel-pod'], 'pod-a');
  assert.equal((await get(chain.C.addresses.http!, '/')).body, jsonOfC);
});

for (const protocol of ['http', 'grpc'] as const) {
  test(`GET /service goes from A through B to C over ${protocol} and answers what C says`, async (t) => {
    const chain = await startAll(t);
    const path = `/service?protocol=${protocol}`;
    const { status, body } = await get(chain.A.addresses.http!, path, { 'evenkeel-run': 'r1' });
    assert.equal(status, 200, body);
    assert.equal(body, jsonOfC);
    for (const service of Object.values(chain)) {
      assert.equal((await callsOf(service.addresses.admin!, 'r1')).calls, 1, service.pod);
    }
  });

  test(`trace headers reach every hop unchanged over ${protocol}`, async (t) => {
    const chain = await startAll(t);
    const traced = {
      traceparent: '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
      tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7',
      baggage: 'user=ada%20l',
      b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90',
      'x-b3-traceid': '80f198ee56343ba864fe8b2a57d3eff7',
      'x-b3-spanid': 'e457b5a2e4d86bd1',
      'x-b3-parentspanid': '05e3ac9a4f6e3b90',
      'x-b3-sampled': '1',
      'x-b3-flags': '0',
      'x-request-id': 'b8d2b2f2-1',
    };
    const sent = { ...traced, 'x-other': 'not of a trace' };
    const { body } = await get(chain.A.addresses.http!, `/hops?protocol=${protocol}`, sent);
    const { identity, hops } = JSON.parse(body);
    assert.deepEqual(identity, JSON.parse(jsonOfC));
    assert.deepEqual(
      hops.map((hop: { serviceType: string; pod: string }) => [hop.serviceType, hop.pod]),
      [
        ['A', 'pod-a'],
        ['B', 'pod-b'],
        ['C', 'pod-c'],
      ],
    );
    for (const hop of hops) {
      assert.deepEqual(hop.traceHeaders, traced, hop.pod);
      assert.match(hop.clientAddress, /^127\.0\.0\.1:\d+$/);
    }
  });

  test(`requests are counted by source, destination and code over ${protocol}`, async (t) => {
    const chain = await startAll(t);
    await get(chain.A.addresses.http!, `/service?protocol=${protocol}`, { 'evenkeel-source': 'tester' });
    const code = protocol === 'http' ? '200' : 'OK';
    for (const [service, source, destination, status] of [
      ['A', 'tester', 'service-a', '200'],
      ['B', 'service-a', 'service-b', code],
      ['C', 'service-b', 'service-c', code],
    ] as const) {
      const { body } = await get(chain[service].addresses.admin!, '/metrics');
      const labels = `source="${source}",destination="${destination}",code="${status}"`;
      assert.ok(body.includes(`evenkeel_workload_requests_total{${labels}} 1`), body);
    }
  });
}

test('a Service that was made after the pod is missing from its environment, and the answer says so', async (t) => {
  const { addresses } = await start(t, 'A', {});
  const { status, body } = await get(addresses.http!, '/service');
  assert.equal(status, 503);
  const { error, upstream, grpcStatus } = JSON.parse(body);
  assert.deepEqual([upstream, grpcStatus], ['service-b', 'UNAVAILABLE']);
  assert.match(error, /^SERVICE_B_SERVICE_HOST is not set/);
});

test('a failure at the far end is told at the near one', async (t) => {
  const b = await start(t, 'B', {});
  const a = await start(t, 'A', b.variables);
  for (const [protocol, expected] of [
    ['http', 503],
    ['grpc', 503],
  ] as const) {
    const { status, body } = await get(a.addresses.http!, `/service?protocol=${protocol}`);
    assert.equal(status, expected, body);
    assert.match(JSON.parse(body).error, /SERVICE_C_SERVICE_HOST is not set/);
  }
});

test('a word that is none is a 400', async (t) => {
  const { addresses } = await start(t, 'A', {});
  const { status, body } = await get(addresses.http!, '/service?via=magic');
  assert.equal(status, 400);
  assert.deepEqual(JSON.parse(body), { error: '?via= is one of env, dns' });
});

test('GET /client says which address the caller had', async (t) => {
  const chain = await startAll(t);
  const direct = JSON.parse((await get(chain.A.addresses.http!, '/client')).body);
  assert.match(direct.client, /^127\.0\.0\.1:\d+$/);
  assert.deepEqual({ ...direct, client: '' }, { pod: 'pod-a', node: 'node-1', client: '', forwardedFor: null });
  const proxied = await get(chain.A.addresses.http!, '/client', { 'x-forwarded-for': '203.0.113.9' });
  assert.equal(JSON.parse(proxied.body).forwardedFor, '203.0.113.9');
});

test('DNS finds a Service that the environment does not know', async (t) => {
  const records = new Map<string, string[]>();
  const dns = await startDns(t, records);
  const types = ['C', 'B', 'A'] as const;
  const started = new Map<ServiceType, Awaited<ReturnType<typeof startChild>>>();
  for (const [index, type] of types.entries()) {
    const later = started.get(types[index - 1]!)?.ready;
    const child = await startChild(t, ['service', '--host', `127.0.0.${10 + index}`, '--deadline-ms', '30000'], {
      SERVICE_TYPE: type,
      EVENKEEL_DNS: dns,
      EVENKEEL_GRPC_PORT: '0',
      ...(later === undefined
        ? {}
        : {
            EVENKEEL_NEXT_HTTP_PORT: later.http!.split(':')[1]!,
            EVENKEEL_NEXT_GRPC_PORT: later.grpc!.split(':')[1]!,
          }),
    });
    started.set(type, child);
    records.set(`service-${type.toLowerCase()}.default.svc.cluster.local`, [child.ready.http!.split(':')[0]!]);
  }
  const a = started.get('A')!.ready.http!;
  assert.equal((await get(a, '/service?via=env')).status, 503);
  for (const protocol of ['http', 'grpc']) {
    const { status, body } = await get(a, `/service?via=dns&protocol=${protocol}`);
    assert.equal(status, 200, body);
    assert.equal(body, '{"SERVICE_TYPE":"C","SERVICE_HOST":null,"SERVICE_PORT":null}');
  }
});
