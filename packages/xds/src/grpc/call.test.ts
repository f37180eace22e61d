import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { adsSotwPath, frameMessage, GrpcError, grpcStatus, typeUrls } from '../index.ts';
import { startFixture } from '../testing/fixture.ts';

// gRPC over HTTP2, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md

const echoPath = '/test.Echo/Echo';

test('an unknown method is UNIMPLEMENTED, whether its service is known or not', async (t) => {
  const { connect } = await startFixture(t);
  const client = await connect();
  for (const path of ['/nobody.Knows/This', '/envoy.service.discovery.v3.AggregatedDiscoveryService/Nothing']) {
    const { code, message } = await client.call(path).ended;
    assert.equal(code, grpcStatus.unimplemented);
    assert.match(message, /unknown method/);
  }
});

test('what is not gRPC gets an HTTP status', async (t) => {
  const { connect } = await startFixture(t);
  const client = await connect();
  assert.equal((await client.call(adsSotwPath, { 'content-type': 'text/plain' }).ended).message, 'HTTP status 415');
  assert.equal(
    (await client.call(adsSotwPath, { 'content-type': 'application/grpc-web' }).ended).message,
    'HTTP status 415',
  );
  assert.equal((await client.call(adsSotwPath, { ':method': 'GET' }).ended).message, 'HTTP status 405');
  const call = client.call(adsSotwPath, { 'content-type': 'application/grpc+proto' });
  assert.equal((await call.end()).code, grpcStatus.ok);
});

test('a compressed message is UNIMPLEMENTED', async (t) => {
  const { connect } = await startFixture(t);
  const call = (await connect()).call(adsSotwPath, { 'grpc-encoding': 'deflate' });
  const frame = frameMessage(deflateSync('x'));
  frame[0] = 1;
  call.sendRaw(frame);
  assert.equal((await call.ended).code, grpcStatus.unimplemented);
});

test('a message beyond the limit is refused as soon as its length is known', async (t) => {
  const { connect } = await startFixture(t, { limits: { requestBytes: 1_000 } });
  const call = (await connect()).call(adsSotwPath);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(1_001, 1);
  call.sendRaw(prefix);
  assert.equal((await call.ended).code, grpcStatus.resourceExhausted);
});

test('a message that comes byte by byte is read', async (t) => {
  const { server, connect } = await startFixture(t);
  server.services.add(echoPath, (call) => ({
    message: (bytes) => call.write(frameMessage(bytes)),
    halfClosed: () => call.end(grpcStatus.ok),
    closed: () => {},
  }));
  const call = (await connect()).call(echoPath);
  for (const byte of frameMessage(Buffer.from('hello'))) call.sendRaw(Buffer.from([byte]));
  assert.equal(String(await call.receive()), 'hello');
  call.sendRaw(Buffer.concat([frameMessage(Buffer.from('one')), frameMessage(Buffer.alloc(0))]));
  assert.equal(String(await call.receive()), 'one');
  assert.equal((await call.receive()).length, 0);
  assert.equal((await call.end()).code, grpcStatus.ok);
});

test('a stream that ends inside a message is INVALID_ARGUMENT', async (t) => {
  const { connect } = await startFixture(t);
  const call = (await connect()).call(adsSotwPath);
  call.sendRaw(Buffer.from([0, 0, 0]));
  assert.equal((await call.end()).code, grpcStatus.invalidArgument);
});

test('a message that is no request is INVALID_ARGUMENT', async (t) => {
  const { connect } = await startFixture(t);
  const client = await connect();
  const malformed = [Buffer.from([0xff]), Buffer.from([0x22, 0x02, 0xc3, 0x28]), Buffer.from([0x12, 0x01, 0xff])];
  for (const bytes of malformed) {
    const call = client.call(adsSotwPath);
    call.send(bytes);
    assert.equal((await call.ended).code, grpcStatus.invalidArgument, bytes.toString('hex'));
  }
});

test('a status message may have any characters', async (t) => {
  const { server, connect } = await startFixture(t);
  const message = 'Größe 100 % \n✓';
  server.services.add(echoPath, (call) => ({
    message: () => {
      throw new GrpcError(grpcStatus.aborted, message);
    },
    halfClosed: () => call.end(grpcStatus.ok),
    closed: () => {},
  }));
  const call = (await connect()).call(echoPath);
  call.send(Buffer.from('x'));
  assert.deepEqual(await call.ended, { code: grpcStatus.aborted, message });
});

test('what a handler throws unexpectedly is INTERNAL and says nothing of the inside', async (t) => {
  const { server, connect } = await startFixture(t);
  const fail = (): never => {
    throw new Error('secret');
  };
  server.services.add(echoPath, () => ({ message: fail, halfClosed: () => {}, closed: () => {} }));
  server.services.add('/test.Echo/Broken', fail);
  const client = await connect();
  for (const path of [echoPath, '/test.Echo/Broken']) {
    const warning = new Promise<Error>((resolve) => process.once('warning', resolve));
    const call = client.call(path);
    call.send(Buffer.from('x'));
    assert.deepEqual(await call.ended, { code: grpcStatus.internal, message: 'internal error' });
    assert.match((await warning).message, /secret/);
  }
});

test('a deadline ends the call', async (t) => {
  const { connect } = await startFixture(t);
  const client = await connect();
  assert.equal((await client.call(adsSotwPath, { 'grpc-timeout': '1m' }).ended).code, grpcStatus.deadlineExceeded);
  assert.equal((await client.call(adsSotwPath, { 'grpc-timeout': 'soon' }).ended).code, grpcStatus.invalidArgument);
});

test('requests that come after the end do not hold the stream open', async (t) => {
  const { server, connect } = await startFixture(t);
  const ads = (await connect()).sotw();
  ads.request('');
  for (let count = 0; count < 100; count++) ads.request(typeUrls.cluster);
  assert.equal((await ads.ended).code, grpcStatus.invalidArgument);
  assert.equal(server.open.streams, 0);
});
