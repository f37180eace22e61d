import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { arrived } from '../testing/calls.ts';
import { type Child, type Ready, spawnWorkload, startChild } from '../testing/child.ts';
import { get } from '../testing/http.ts';
import { pathOf, type StoredSpan } from '../testing/stored-span.ts';
import { startTraceStore } from '../testing/trace-store.ts';

type Running = Child & { readonly ready: Ready };

/** The chain A → B → C; each place finds the next by the variables that Kubernetes would set. */
async function startChain(
  t: TestContext,
  env: Record<string, string>,
  last: Record<string, string> = {},
): Promise<Record<'A' | 'B' | 'C', Running>> {
  const start = (type: string, next?: [string, Running]) => {
    const [http, grpc] = next === undefined ? [] : [next[1].ready.http!, next[1].ready.grpc!];
    return startChild(t, ['service'], {
      ...{ ...env, EVENKEEL_GRPC_PORT: '0', SERVICE_TYPE: type, POD_NAME: `pod-${type}`, NODE_NAME: `node-${type}` },
      ...{ POD_NAMESPACE: 'shop', EVENKEEL_ZONE: 'zone-a', EVENKEEL_DEADLINE_MS: '30000' },
      ...(next === undefined
        ? {}
        : {
            [`SERVICE_${next[0]}_SERVICE_HOST`]: http!.split(':')[0]!,
            [`SERVICE_${next[0]}_SERVICE_PORT`]: http!.split(':')[1]!,
            [`SERVICE_${next[0]}_SERVICE_PORT_GRPC`]: grpc!.split(':')[1]!,
          }),
      ...(next === undefined ? last : {}),
    });
  };
  const C = await start('C');
  const B = await start('B', ['C', C]);
  return { A: await start('A', ['B', B]), B, C };
}

const of = (user: string) => (span: StoredSpan) => span.tags.user === user;

const wholePath = ['SERVER service-a', 'CLIENT service-a', 'SERVER service-b', 'CLIENT service-b', 'SERVER service-c'];

test('the chain of system C', async (t) => {
  const store = await startTraceStore(t);
  const { A, B, C } = await startChain(t, store.env);

  await t.test('a call through the chain is one trace, in whichever form its context comes', async () => {
    const [w3c, single, multi] = [
      '0af7651916cd43dd8448eb211c80319c',
      '80f198ee56343ba864fe8b2a57d3eff7',
      '463ac35c9f6413ad',
    ];
    const forms: Record<string, { headers: Record<string, string>; trace?: string; goesOn: RegExp[] }> = {
      none: { headers: {}, goesOn: [/^traceparent=00-/] },
      w3c: {
        headers: { traceparent: `00-${w3c}-b7ad6b7169203331-01`, tracestate: 'other=1' },
        trace: w3c!,
        goesOn: [/^traceparent=00-0af7/, /^tracestate=other=1$/],
      },
      b3: { headers: { b3: `${single}-e457b5a2e4d86bd1-1` }, trace: single!, goesOn: [/^b3=80f1/] },
      // The decision left to whoever receives it.
      deferred: { headers: { b3: `${single}-e457b5a2e4d86bd2` }, trace: single!, goesOn: [/^b3=80f1.*-1$/] },
      b3multi: {
        headers: { 'x-b3-traceid': multi!, 'x-b3-spanid': 'a2fb4a1d1a96d312', 'x-b3-sampled': '1' },
        trace: multi!.padStart(32, '0'),
        goesOn: [/^x-b3-sampled=1$/, /^x-b3-spanid=/, /^x-b3-traceid=0000/],
      },
    };
    for (const protocol of ['http', 'grpc']) {
      for (const [name, { headers, trace, goesOn }] of Object.entries(forms)) {
        const user = `${name}-${protocol}`;
        const { status, body } = await get(A.ready.http!, `/hops?protocol=${protocol}&user=${user}`, headers);
        assert.equal(status, 200, body);
        const spans = await store.when(5, of(user));
        assert.deepEqual(pathOf(spans), wholePath, user);
        const ids = new Set(spans.map(({ traceId }) => traceId));
        assert.equal(ids.size, 1, user);
        if (trace !== undefined) assert.ok(ids.has(trace), `${user}: the trace that came goes on`);
        const last = JSON.parse(body).hops[2].traceHeaders as Record<string, string>;
        const { baggage, ...context } = last;
        assert.equal(baggage, `user=${user}`);
        const seen = Object.entries(context)
          .map(([header, value]) => `${header}=${value}`)
          .sort();
        assert.equal(seen.length, goesOn.length, `${user}: ${seen}`);
        for (const [index, form] of goesOn.entries()) assert.match(seen[index]!, form, user);
      }
    }
    assert.equal(store.spans.length, 2 * 5 * Object.keys(forms).length, 'no span more than there were calls');
  });

  await t.test('spans name the pod, the peer that answered and the status', async () => {
    await get(A.ready.http!, '/service?protocol=grpc', { baggage: 'user=carol,other=x' });
    const spans = await store.when(5, of('carol'));
    const [server, client] = ['SERVER', 'CLIENT'].map((kind) =>
      spans.find((span) => span.kind === kind && span.localEndpoint.serviceName === 'service-b'),
    );
    const [address, port] = C.ready.grpc!.split(':');
    assert.partialDeepStrictEqual(client!.tags, {
      ...{ 'rpc.system.name': 'grpc', 'rpc.method': 'chain.Chain/Get', 'rpc.status_code': 'OK' },
      ...{ 'server.address': address, 'server.port': port, 'network.peer.address': address, 'network.peer.port': port },
      ...{ 'evenkeel-pod': 'pod-C', 'k8s.pod.name': 'pod-B', 'k8s.namespace.name': 'shop', 'k8s.node.name': 'node-B' },
      'cloud.availability_zone': 'zone-a',
    });
    assert.equal(server!.tags['rpc.status_code'], 'OK');

    await get(A.ready.http!, '/service?user=dave');
    const http = await store.when(5, of('dave'));
    const toB = http.find((span) => span.kind === 'CLIENT' && span.localEndpoint.serviceName === 'service-a')!;
    const [host, httpPort] = B.ready.http!.split(':');
    assert.partialDeepStrictEqual(toB.tags, {
      ...{ 'http.request.method': 'GET', 'http.response.status_code': '200', 'evenkeel-pod': 'pod-B' },
      ...{ 'server.address': host, 'network.peer.address': host, 'network.peer.port': httpPort },
    });
    const first = http.find((span) => span.kind === 'SERVER' && span.localEndpoint.serviceName === 'service-a')!;
    assert.partialDeepStrictEqual(first.tags, {
      'http.route': '/service',
      'url.path': '/service',
      'url.query': 'user=dave',
    });
  });

  await t.test("a caller's decision is kept", async () => {
    const no: Record<string, string>[] = [
      { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' },
      { b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-0' },
      { b3: '0' },
      { 'x-b3-sampled': '0' },
    ];
    for (const headers of no) {
      const { body } = await get(A.ready.http!, '/hops?user=no', headers);
      const last = JSON.parse(body).hops[2].traceHeaders as Record<string, string>;
      const name = Object.keys(headers)[0]!;
      assert.match(last[name]!, /(^|-)0{1,2}$/, `${name} goes on`);
    }
    await get(A.ready.http!, '/hops?user=yes');
    await store.when(5, of('yes'));
    assert.deepEqual(store.spans.filter(of('no')), []);
  });

  await t.test('a trace says on which hop a call failed, and why', async () => {
    C.process.kill('SIGKILL');
    await C.exited;
    for (const protocol of ['http', 'grpc']) {
      const user = `down-${protocol}`;
      const { status } = await get(A.ready.http!, `/hops?protocol=${protocol}&user=${user}`);
      assert.equal(status, 503);
      const spans = await store.when(4, of(user));
      assert.deepEqual(pathOf(spans), wholePath.slice(0, 4), user);
      const failed = spans.find((span) => span.kind === 'CLIENT' && span.localEndpoint.serviceName === 'service-b')!;
      assert.equal(failed.tags['error.type'], 'UNAVAILABLE');
      assert.match(failed.tags.error!, /ECONNREFUSED/);
    }
  });
});

test('a call past its deadline is an error of the hop that gave up, and cancelled on the one that was slow', async (t) => {
  const store = await startTraceStore(t);
  const slow = await startChild(t, ['hellogrpc', '--latency-ms', '60000'], { ...store.env, POD_NAME: 'slow' });
  const gate = await startChild(t, ['helloserve', '--grpc-upstream', slow.ready.grpc!, '--deadline-ms', '400'], {
    ...store.env,
    POD_NAME: 'gate',
  });
  assert.equal((await get(gate.ready.http!, '/hellogrpc?user=late')).status, 504);
  const spans = await store.when(3, of('late'));
  const typeOf = (kind: string, service: string) =>
    spans.find((span) => span.kind === kind && span.localEndpoint.serviceName === service)?.tags['error.type'];
  assert.equal(typeOf('CLIENT', 'helloserve'), 'DEADLINE_EXCEEDED');
  assert.equal(typeOf('SERVER', 'helloserve'), 'DEADLINE_EXCEEDED');
  assert.equal(typeOf('SERVER', 'hellogrpc'), 'CANCELLED');
});

for (const protocol of ['http', 'grpc']) {
  test(`a pod that drains says so in the trace, over ${protocol}`, async (t) => {
    const store = await startTraceStore(t);
    const { A, C } = await startChain(t, store.env, { EVENKEEL_DRAIN_MS: '60000', EVENKEEL_GRACE_MS: '1' });
    const hops = (user: string, headers = {}) => get(A.ready.http!, `/hops?protocol=${protocol}&user=${user}`, headers);
    assert.equal((await hops('before')).status, 200);
    C.process.kill('SIGTERM');
    while ((await get(C.ready.admin!, '/readyz')).status === 200);
    assert.equal((await hops('during')).status, 200);
    const draining = (spans: StoredSpan[]) =>
      spans.filter(({ tags }) => 'evenkeel.draining' in tags).map(({ localEndpoint }) => localEndpoint.serviceName);
    assert.deepEqual(draining(await store.when(5, of('before'))), []);
    assert.deepEqual(draining(await store.when(5, of('during'))), ['service-c']);
  });

  test(`a call that a pod cut off at its end says so, over ${protocol}`, async (t) => {
    const store = await startTraceStore(t);
    const slow = { EVENKEEL_LATENCY_MS: '600000', EVENKEEL_GRACE_MS: '1' };
    const { A, C } = await startChain(t, store.env, slow);
    const cut = get(A.ready.http!, `/hops?protocol=${protocol}&user=cut`, { 'evenkeel-run': 'r' });
    await arrived(C.ready.admin!, 'r', 1);
    C.process.kill('SIGTERM');
    assert.equal((await cut).status, protocol === 'http' ? 503 : 502);
    const spans = await store.when(5, of('cut'));
    const { tags } = spans.find((span) => span.kind === 'SERVER' && span.localEndpoint.serviceName === 'service-c')!;
    assert.equal(tags['evenkeel.draining'], 'true');
    assert.equal(tags['error.type'], 'UNAVAILABLE');
    assert.match(tags.error!, /the pod ended before the answer/);
  });
}

test('a client without a server begins the trace', async (t) => {
  const store = await startTraceStore(t);
  const server = await startChild(t, ['server'], { ...store.env, EVENKEEL_GRPC_PORT: '0', POD_NAME: 'server-1' });
  const client = spawnWorkload(
    t,
    ['client-grpc', '--target', server.ready.grpc!, '--count', '3', '--interval-ms', '1'],
    store.env,
  );
  assert.equal(await client.exited, 0, client.errors());
  const spans = await store.when(6, () => true);
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 3);
  assert.equal(spans.filter(({ kind, parentId }) => kind === 'CLIENT' && parentId === undefined).length, 3);
});

test('OTLP over HTTP carries the same', async (t) => {
  const received = Promise.withResolvers<string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    received.resolve(`${request.url} ${Buffer.concat(chunks)}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const child = await startChild(t, ['hellohttp'], {
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    ...{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '20', OTEL_SERVICE_NAME: 'greeter' },
    POD_NAME: 'http-1',
  });
  await get(child.ready.http!, '/hellohttp?user=eve');
  const text = await received.promise;
  assert.match(text, /^\/v1\/traces /);
  for (const part of ['"greeter"', '"http-1"', '"eve"', '"GET /hellohttp"']) assert.ok(text.includes(part), part);
});

test('a store that is away costs one line in the log and no call', async (t) => {
  const closed = createServer();
  closed.listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const child = await startChild(t, ['hellohttp'], {
    OTEL_EXPORTER_ZIPKIN_ENDPOINT: `http://127.0.0.1:${port}/api/v2/spans`,
    OTEL_BSP_SCHEDULE_DELAY: '5',
  });
  const lines = (): string[] =>
    child
      .errors()
      .split('\n')
      .filter((line) => line !== '');
  while (lines().length === 0) assert.equal((await get(child.ready.http!, '/hellohttp')).status, 200);
  for (let more = 0; more < 50; more++) assert.equal((await get(child.ready.http!, '/hellohttp')).status, 200);
  child.process.kill('SIGTERM');
  assert.equal(await child.exited, 0);
  assert.equal(lines().length, 1, child.errors());
  assert.match(lines()[0]!, /traces are not sent; calls go on without them/);
});

test('without the variables nothing of OpenTelemetry is loaded', async (t) => {
  // But for its API, which prom-client brings.
  const log =
    "import { registerHooks } from 'node:module'; registerHooks({ load: (url, context, next) => { if (/@opentelemetry.(?!api)/.test(url)) console.error(url); return next(url, context); } });";
  const preload = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(log)}` };
  const loaded = async (env: Record<string, string>) => {
    const child = await startChild(t, ['service'], { ...preload, ...env, EVENKEEL_GRPC_PORT: '0', SERVICE_TYPE: 'C' });
    child.process.kill('SIGTERM');
    await child.exited;
    return child.errors();
  };
  assert.equal(await loaded({}), '');
  assert.match(await loaded({ OTEL_TRACES_EXPORTER: 'console' }), /@opentelemetry\/sdk-node/);
});
