import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spanOf } from './front-spans.ts';
import { type LoggedRequest, readLogged, shareOf, traceLines } from './nginx-traces.ts';

const line: LoggedRequest = {
  ...{ method: 'GET', url: '/go/sample?user=a', status: '200', endedAt: '1700000000.500', took: '0.250' },
  ...{ upstream: '127.0.0.3:80, 127.0.0.4:81', client: '127.0.0.1', clientPort: '5', host: 'front:8080' },
  ...{ protocol: 'HTTP/1.1', user: 'a', request: '0af7651916cd43dd8448eb211c80319c', span: '0af7651916cd43dd' },
  ...{ sampled: '01', traceparent: '', tracestate: '', baggage: '', b3: '' },
  ...{ 'x-b3-traceid': '', 'x-b3-spanid': '', 'x-b3-sampled': '', 'x-b3-flags': '' },
};

test('a line of the log is found in its datagram, whole or not at all', () => {
  const text = `<190>Nov 27 01:00:00 nginx: ${JSON.stringify(line)}`;
  assert.deepEqual(readLogged(Buffer.from(text)), line);
  assert.equal(readLogged(Buffer.from(text.slice(0, -20))), undefined);
  assert.equal(readLogged(Buffer.from('<190> {"method":1}')), undefined);
  assert.equal(readLogged(Buffer.from('nothing')), undefined);
});

test('the span of a request that is over', () => {
  const { start, startedAt, endedAt, failure, headers, user } = spanOf(line);
  assert.deepEqual([startedAt, endedAt, failure, headers, user], [1700000000250, 1700000000500, undefined, {}, 'a']);
  assert.partialDeepStrictEqual(start.attributes, {
    ...{ 'url.path': '/go/sample', 'http.response.status_code': 200, 'server.address': 'front', 'server.port': 8080 },
    ...{ 'evenkeel.upstream.network.peer.address': '127.0.0.4', 'evenkeel.upstream.network.peer.port': 81 },
  });
  const failed = spanOf({ ...line, status: '504', b3: '0' });
  assert.deepEqual(failed.failure, { type: '504', message: 'upstream 127.0.0.4:81' });
  assert.deepEqual(failed.headers, { b3: '0' });
});

test('what begins at the front is sampled as the sampler of the environment says', () => {
  assert.equal(shareOf({}), 1);
  assert.equal(shareOf({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }), 0);
  assert.equal(shareOf({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }), 0.25);
  assert.equal(shareOf({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'x' }), 1);
  const lines = (share: number): string => traceLines({ log: '127.0.0.1:1', share }).join('\n');
  assert.match(lines(0.25), /split_clients \$request_id \$evenkeel_sampled {\n +25% 01;\n +\* 00;/);
  assert.match(lines(1), /\$evenkeel_sampled {\n +default 01;/);
  assert.match(lines(0), /\$evenkeel_sampled {\n +default 00;/);
});
