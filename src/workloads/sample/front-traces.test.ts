import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChild } from '../testing/child.ts';
import { get } from '../testing/http.ts';
import { startTraceStore } from '../testing/trace-store.ts';
import { findProgram } from './find-program.ts';

const nginx = findProgram(process.env.EVENKEEL_NGINX || 'nginx');
const skip = nginx === undefined && 'there is no nginx here (EVENKEEL_NGINX names one)';

test('a trace begins at the front, or goes through it, in every form', { skip }, async (t) => {
  const store = await startTraceStore(t);
  const start = (name: string, pod: string, ...flags: string[]) =>
    startChild(t, [name, ...flags], { ...store.env, POD_NAME: pod, EVENKEEL_NGINX: nginx! });
  const grpc = await start('sample-grpc', 'grpc-1');
  const go = await start('sample-go', 'go-1', '--grpc-upstream', grpc.ready.grpc!, '--deadline-ms', '30000');
  const front = await start('sample-nginx', 'front-1', '--go-upstream', go.ready.http!, '--deadline-ms', '30000');
  const [trace, parent] = ['80f198ee56343ba864fe8b2a57d3eff7', 'e457b5a2e4d86bd1'];
  const forms: Readonly<Record<string, Record<string, string>>> = {
    none: {},
    w3c: { traceparent: `00-${trace}-${parent}-01` },
    b3: { b3: `${trace}-${parent}-1` },
    b3multi: { 'x-b3-traceid': trace, 'x-b3-spanid': parent, 'x-b3-sampled': '1' },
  };
  for (const [user, headers] of Object.entries(forms)) {
    const { status, body } = await get(front.ready.http!, `/go/sample?user=${user}`, headers);
    assert.equal(status, 200, body);
    const spans = await store.when(4, ({ tags }) => tags.user === user);
    const of = (kind: string, service: string) =>
      spans.find((span) => span.kind === kind && span.localEndpoint.serviceName === service)!;
    const [first, app, call, last] = [
      of('SERVER', 'sample-nginx'),
      of('SERVER', 'sample-go'),
      of('CLIENT', 'sample-go'),
      of('SERVER', 'sample-grpc'),
    ];
    assert.deepEqual([app.parentId, call.parentId, last.parentId], [first.id, app.id, call.id], user);
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    if (user !== 'none') assert.deepEqual([first.traceId, first.parentId], [trace, parent], user);
    assert.equal(first.tags['k8s.pod.name'], 'front-1');
    assert.equal(first.tags['http.response.status_code'], '200');
  }
  const no: Record<string, string>[] = [
    { traceparent: `00-${trace}-${parent}-00` },
    { b3: `${trace}-${parent}-0` },
    { b3: '0' },
  ];
  for (const headers of no) await get(front.ready.http!, '/go/sample?user=no', headers);
  go.process.kill('SIGKILL');
  await go.exited;
  assert.equal((await get(front.ready.http!, '/go/sample?user=down')).status, 503);
  const [down] = await store.when(1, ({ tags }) => tags.user === 'down');
  assert.equal(down!.tags['error.type'], '503');
  assert.match(down!.tags.error!, new RegExp(go.ready.http!));
  assert.deepEqual(
    store.spans.filter(({ tags }) => tags.user === 'no'),
    [],
  );
});
