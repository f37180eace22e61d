import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import * as zlib from 'node:zlib';
import { parseIdentifier } from '../identify/identify.ts';
import type { Done } from '../load/engine.ts';
import { findIdentifier } from '../measure/find-identifier.ts';
import { openHttp } from '../measure/open-http.ts';
import { parseProbeOptions, type RawProbeOptions } from '../measure/options.ts';
import { HttpEngine } from './http-engine.ts';

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(t: TestContext, answer: Serve): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function open(t: TestContext, url: string, raw: RawProbeOptions = {}) {
  const options = parseProbeOptions(url, { deadline: '30s', ...raw });
  const { httpMethod: method, headers, authority, body, connections, deadlineMs } = options;
  const engine = new HttpEngine({
    ...{ url: new URL(url), method, headers, authority, body, connections, deadlineMs },
    tls: {},
  });
  t.after(() => engine.close());
  const identify = (expected = 1) => findIdentifier(engine, options, expected, undefined, new AbortController().signal);
  const call = () => new Promise<Parameters<Done>>((resolve) => engine.call((...told) => resolve(told)));
  return { engine, identify, call };
}

/** What was found by itself, and who a call then says that it was. */
async function found(t: TestContext, answer: Serve): Promise<[string, string | undefined, string]> {
  const { engine, identify, call } = open(t, await serve(t, answer));
  const { identifier, why } = await identify();
  engine.identifyBy(identifier);
  const [, who] = await call();
  return ['name' in identifier ? `${identifier.from}:${identifier.name}` : identifier.from, who, why];
}

describe('who answered, found in a body', () => {
  const json = JSON.stringify({ hostname: 'web-0' });
  for (const [coding, encode] of Object.entries({
    gzip: zlib.gzipSync,
    deflate: zlib.deflateSync,
    'deflate, as some send it': zlib.deflateRawSync,
    br: zlib.brotliCompressSync,
    ...(typeof zlib.zstdCompressSync === 'function' && { zstd: zlib.zstdCompressSync }),
  })) {
    test(`that is encoded: ${coding}`, async (t) => {
      const [by, who] = await found(t, (_, response) => {
        response.setHeader('content-encoding', coding.replace(/,.*/, ''));
        response.end(encode(Buffer.from(json)));
      });
      assert.deepEqual([by, who], ['field:hostname', 'web-0']);
    });
  }

  test('that is large, chunked, or not UTF-8', async (t) => {
    for (const size of [100_000, 1_200_000]) {
      const [by, who] = await found(t, (_, response) => {
        response.write('{"hostname":"web-0","rest":[');
        response.end(`${JSON.stringify('x'.repeat(1000))},`.repeat(size / 1000).concat('1]}'));
      });
      assert.deepEqual([by, who], ['field:hostname', 'web-0'], `${size}`);
    }
    const [, who] = await found(t, (_, response) => {
      response.setHeader('content-type', 'application/json; charset=utf-16le');
      response.end(Buffer.from(json, 'utf16le'));
    });
    assert.equal(who, 'web-0');
  });

  test('that cannot be read: the report says why it is not looked at', async (t) => {
    const [by, , unknown] = await found(t, (_, response) => {
      response.setHeader('content-encoding', 'compress');
      response.end('x');
    });
    assert.deepEqual([by, /coding "compress", which cannot be read/.test(unknown)], ['peer', true], unknown);
    const [, , large] = await found(t, (_, response) =>
      response.end(`{"a":"${'x'.repeat(1_100_000)}","hostname":"b"}`),
    );
    assert.match(large, /only the first 1024 KiB/);
  });

  test('that is plain text: the whole of it, or a line', async (t) => {
    let turn = 0;
    const next = (): number => {
      turn = 1 - turn;
      return turn;
    };
    const body = await found(t, (_, response) => response.end(`echo-6b7fb94bfb-hf6z${next()}\n`));
    assert.deepEqual([body[0], body[1]!.slice(0, -1)], ['body', 'echo-6b7fb94bfb-hf6z']);
    const line = await found(t, (_, response) => response.end('Hostname: web-0\nIP: 127.0.0.1\nGET / HTTP/1.1\n'));
    assert.deepEqual(line.slice(0, 2), ['line:hostname', 'web-0']);
    assert.equal((await found(t, (_, response) => response.end('ok')))[0], 'peer');
    assert.equal((await found(t, (_, response) => response.end(`${next()}`)))[0], 'peer', 'a number is no name');
  });

  test('as --identify says', async (t) => {
    const url = await serve(t, (_, response) => response.end('Name: web-0\nServer address: 10.0.0.1:80\n'));
    for (const [identify, expected] of [
      ['line:Server address', '10.0.0.1:80'],
      ['line:name', 'web-0'],
    ] as const) {
      const { engine, call } = open(t, url);
      engine.identifyBy(parseIdentifier(identify)!);
      assert.equal((await call())[1], expected);
    }
  });
});

test('what caches and proxies say is no backend', async (t) => {
  let turn = 0;
  const states = ['HIT', 'MISS', 'EXPIRED'];
  const [by] = await found(t, (_, response) => {
    turn += 1;
    const state = states[turn % 3]!;
    for (const [name, value] of Object.entries({
      ...{ 'x-upstream-cache-status': state, 'x-cache': `${state} from proxy-1`, 'x-cache-node-state': state },
      ...{ via: `1.1 varnish-${turn % 2}`, 'cf-ray': `abc${turn % 3}`, 'x-runtime': `0.0${turn % 3}` },
      ...{ 'x-envoy-upstream-service-time': `${turn % 4}`, 'x-served-by': `cache-fra-${turn % 2}, cache-lcy-1` },
      ...{ 'set-cookie': `route=${turn % 2}`, 'x-kubernetes-pf-flowschema-uid': `u${turn % 2}`, 'x-backend': state },
      'server-timing': `cache;desc="${state}"`,
    })) {
      response.setHeader(name, value);
    }
    response.end('{}');
  });
  assert.equal(by, 'peer');
});

test('a redirect is an answer that says where it leads, and is not followed', async (t) => {
  let followed = 0;
  const [by, , why] = await found(t, (request, response) => {
    if (request.url === '/elsewhere') followed += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  assert.deepEqual([by, followed], ['peer', 0]);
  assert.match(why, /; an answer is a redirect to \/elsewhere \(HTTP 302\), which is not followed: name that address$/);
  const [named, , also] = await found(t, (_, response) => {
    response.writeHead(302, { location: '/elsewhere', 'x-pod': 'web-0' }).end();
  });
  assert.equal(named, 'header:x-pod');
  assert.match(also, /; an answer is a redirect to/);
  const [, , created] = await found(t, (_, response) => response.writeHead(201, { location: '/new' }).end());
  assert.doesNotMatch(created, /redirect/);
});

const firstCalls: readonly (readonly [name: string, serve: Serve, status: string, says: RegExp])[] = [
  ['is not answered', () => {}, 'DEADLINE_EXCEEDED', /^no answer within 1500 ms$/],
  [
    'has a body without end',
    (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n'),
    'DEADLINE_EXCEEDED',
    /^HTTP 200, and its body did not end within 1500 ms$/,
  ],
  ['loses its connection', (request) => request.socket.destroy(), 'ECONNRESET', /hang up/],
  [
    'is cut short',
    (_, response) => response.writeHead(200, { 'content-length': 9 }).write('web', () => response.destroy()),
    'ECONNRESET',
    /aborted/,
  ],
];

describe('a first call is a failed call of a target that was reached, where it', { concurrency: true }, () => {
  for (const [name, answer, status, says] of firstCalls) {
    test(name, async (t) => {
      let calls = 0;
      const url = await serve(t, (request, response) => {
        // The look at what the server speaks is no call.
        if (request.method !== 'OPTIONS') calls += 1;
        if (request.method !== 'OPTIONS' && calls === 1) answer(request, response);
        else response.end('web-0');
      });
      const options = parseProbeOptions(url, { deadline: status === 'DEADLINE_EXCEEDED' ? '1500ms' : '30s' });
      const { engine, sampled } = await openHttp(options, new AbortController().signal);
      t.after(() => engine.close());
      assert.equal(sampled?.status, status);
      assert.match(sampled.error!, says);
      assert.equal(sampled.answer.peer, new URL(url).host);
      assert.equal((await engine.sample()).status, 'OK');
    });
  }
});

test('an answer without the header that --identify names does not say that no answer has it', async (t) => {
  let all = 0;
  const url = await serve(t, (_, response) => {
    all += 1;
    response.writeHead(200, all === 1 ? {} : { 'x-pod': 'web-0' }).end();
  });
  const { identifier } = await open(t, url, { identify: 'header:x-pod' }).identify();
  assert.deepEqual(identifier, { from: 'header', name: 'x-pod' });
  const once = open(t, url, { identify: 'header:x-pod' });
  assert.equal((await once.identify()).samples, 1);
  const none = open(t, url, { identify: 'header:x-none' }).identify();
  await assert.rejects(none, { code: 'EK_PROBE_IDENTIFIER', message: /is in no answer/ });
});

test('samples are taken at the same time, and no more of them than the run makes calls', async (t) => {
  let inFlight = 0;
  let most = 0;
  let all = 0;
  const waiting: (() => void)[] = [];
  const url = await serve(t, (_, response) => {
    all += 1;
    inFlight += 1;
    most = Math.max(most, inFlight);
    waiting.push(() => {
      inFlight -= 1;
      response.end('{}');
    });
    // The first comes alone; the others are answered once all of them are there.
    if (all === 1 || all === 24) for (const answer of waiting.splice(0)) answer();
  });
  const { samples } = await open(t, url).identify();
  assert.deepEqual([samples, most], [24, 23]);

  const few = await serve(t, (_, response) => response.end('{}'));
  assert.equal((await open(t, few, { calls: '3' }).identify(20)).samples, 3);
});

describe('connections', () => {
  test('there are as many as calls in flight, and none has to wait', async (t) => {
    const waiting: ServerResponse[] = [];
    const url = await serve(t, (_, response) => {
      waiting.push(response);
      if (waiting.length === 20) for (const one of waiting) one.end();
    });
    const { engine, call } = open(t, url);
    const ended = await Promise.all(Array.from({ length: 20 }, call));
    assert.ok(ended.every(([status, , , , held]) => status === 'OK' && held === undefined));
    assert.equal(engine.mostConnections, 20);
  });

  test('where their number is fixed, waiting for one is no failure of the target', async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200);
      response.flushHeaders();
    });
    const { call } = open(t, url, { connections: '1', deadline: '200ms' });
    const ended = await Promise.all([call(), call()]);
    assert.deepEqual(ended.map(([status, , , , held]) => [status, held?.for, held?.leftAt === undefined]).toSorted(), [
      ['DEADLINE_EXCEEDED', 'connection', false],
      ['DEADLINE_EXCEEDED', 'connection', true],
    ]);
  });
});

test('all values of a header are sent, in their order, and a virtual host', async (t) => {
  let seen: string[] = [];
  const url = await serve(t, (request, response) => {
    seen = request.rawHeaders;
    response.end();
  });
  const header = ['X-Tag: one', 'x-tag: two', 'x-text: Grüße'];
  await open(t, url, { header, authority: 'shop.example' }).call();
  const values = (wanted: string) =>
    seen.filter((_, index) => index % 2 === 1 && seen[index - 1]!.toLowerCase() === wanted);
  assert.deepEqual(values('x-tag'), ['one', 'two']);
  assert.deepEqual(values('host'), ['shop.example']);
  assert.equal(Buffer.from(values('x-text')[0]!, 'latin1').toString(), 'Grüße');
});

test('headers that would break a message, and TLS without https, are refused', () => {
  for (const [target, raw] of [
    ['http://127.0.0.1/', { header: ['content-length: 5'] }],
    ['http://127.0.0.1/', { header: ['transfer-encoding: chunked'] }],
    ['http://127.0.0.1/', { header: ['x-a: b\r\nc: d'] }],
    ['http://127.0.0.1/', { header: ['host: a'], authority: 'b' }],
    ['127.0.0.1:80', { header: ['grpc-timeout: 1S'] }],
    ['127.0.0.1:80', { header: ['te: trailers'] }],
    ['127.0.0.1:80', { header: [':authority: x'] }],
    ['127.0.0.1:80', { header: ['x-bin: not base64!'] }],
    ['127.0.0.1:80', { header: ['x-text: Grüße'] }],
    ['127.0.0.1:80', { identify: 'body' }],
    ['http://127.0.0.1/', { ca: 'ca.pem' }],
    ['http://127.0.0.1/', { tls: true }],
    ['http://127.0.0.1/', { serverName: 'x' }],
    ['http://127.0.0.1/', { httpMethod: 'GE T' }],
    ['http://127.0.0.1/', { httpMethod: '' }],
    ['http://127.0.0.1/', { httpMethod: 'connect' }],
    ['http://127.0.0.1/', { newConnections: true, connections: '3' }],
    ['http://127.0.0.1/', { importPath: ['.'] }],
    ['127.0.0.1:80', { importPath: ['.'], protoset: ['x.binpb'] }],
    ['127.0.0.1:80', { engine: 'wire', policy: 'pick_first' }],
  ] as const) {
    assert.throws(() => parseProbeOptions(target, raw), { code: 'EK_USAGE' }, JSON.stringify(raw));
  }
  for (const raw of [{ httpMethod: 'purge' }, { httpMethod: 'CONNECTION' }, { connections: '3' }]) {
    assert.doesNotThrow(() => parseProbeOptions('http://127.0.0.1/', raw), JSON.stringify(raw));
  }
  assert.doesNotThrow(() => parseProbeOptions('127.0.0.1:80', { engine: 'wire', policy: 'round_robin' }));
  const { headers } = parseProbeOptions('127.0.0.1:80', { header: ['X-A: 1', 'x-a: 2', 'x-b-bin: AAEC'] });
  assert.deepEqual(headers, [
    ['x-a', '1'],
    ['x-a', '2'],
    ['x-b-bin', 'AAEC'],
  ]);
});
