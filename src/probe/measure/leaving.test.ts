import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { errorCode, largestStreamId } from '@evenkeel/xds/http2';
import * as grpc from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { callOnce, closedLoop, withEngine } from '../testing/open-for-test.ts';
import { RawHttp2Server, type RawStream } from '../testing/raw-http2-server.ts';

const timeout = 60_000;

/** How servers leave, each after ten requests of a connection. */
const leavers: Readonly<Record<string, (stream: RawStream, server: RawHttp2Server) => void>> = {
  'in two steps, as grpc-go, C-core and Envoy': (stream) => {
    const { connection } = stream;
    if (connection.whole === 10) {
      connection.goAway(largestStreamId);
      setTimeout(() => {
        connection.goAway(connection.lastId);
        connection.end();
      }, 20);
    }
    stream.ok();
  },
  'in one step, and what came after it is not answered, as nginx': (stream) => {
    const { connection } = stream;
    if (connection.whole < 10) stream.ok();
    if (connection.whole !== 10) return;
    connection.goAway(stream.id);
    stream.ok();
    setTimeout(() => connection.end(), 20);
  },
};

for (const engine of ['channel', 'wire'] as const) {
  suite(`the engine ${engine}, and servers that leave`, { timeout }, () => {
    for (const [how, onRequest] of Object.entries(leavers)) {
      test(how, { timeout }, async () => {
        const server = await RawHttp2Server.start({ onRequest });
        try {
          await withEngine(server.address, { engine, deadline: '20s' }, async (engine) => {
            const ended = await closedLoop(engine, 3, 200);
            assert.deepEqual(new Set(ended.map(({ status }) => status)), new Set(['OK']), JSON.stringify(ended[0]));
          });
          assert.ok(server.connections.length >= 15, `${server.connections.length} connections`);
        } finally {
          await server.stop();
        }
      });
    }

    test('the next connection is opened while a call on the old one goes on', { timeout }, async () => {
      const held: RawStream[] = [];
      const server = await RawHttp2Server.start({
        onRequest: (stream) => {
          if (stream.connection === server.connections.at(-1) && held.length > 0) stream.ok();
          else held.push(stream);
        },
      });
      try {
        await withEngine(server.address, { engine, deadline: '20s' }, async (engine) => {
          const slow = callOnce(engine);
          while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
          held[0]!.connection.goAway(held[0]!.id);
          assert.equal((await callOnce(engine)).status, 'OK', 'while the other call is under way');
          held[0]!.ok();
          assert.equal((await slow).status, 'OK');
        });
      } finally {
        await server.stop();
      }
    });

    test('a server that has gone fails calls with the reason, and a new one at its address gets calls', {
      timeout,
    }, async () => {
      const server = await RawHttp2Server.start({ onRequest: (stream) => stream.ok() });
      await withEngine(server.address, { engine, deadline: '20s' }, async (engine) => {
        assert.equal((await callOnce(engine)).status, 'OK');
        await server.stop();
        let gone = await callOnce(engine);
        while (gone.status === 'OK') gone = await callOnce(engine);
        // The one that notices may have been under way; the next one finds nobody.
        gone = await callOnce(engine);
        assert.equal(gone.status, 'UNAVAILABLE');
        assert.match(gone.error ?? '', /ECONNREFUSED/);
        const again = await RawHttp2Server.start({ onRequest: (stream) => stream.ok() }, server.port);
        try {
          while ((await callOnce(engine)).status !== 'OK') await new Promise((resolve) => setTimeout(resolve, 20));
        } finally {
          await again.stop();
        }
      });
    });

    test('a server that closes every connection before an answer is not called in a loop', { timeout }, async () => {
      const server = await RawHttp2Server.start({ onRequest: ({ connection }) => connection.goAway(0) });
      try {
        await withEngine(server.address, { engine, deadline: '600ms' }, async (engine) => {
          const { status } = await callOnce(engine);
          assert.match(status, /^(UNAVAILABLE|DEADLINE_EXCEEDED)$/);
        });
        assert.ok(server.connections.length < 50, `${server.connections.length} connections`);
      } finally {
        await server.stop();
      }
    });

    test('close ends calls that are under way, and those that wait, at once', { timeout }, async () => {
      const server = await RawHttp2Server.start({ settings: [[3, 2]], onRequest() {} });
      try {
        let ended: Promise<string[]> | undefined;
        await withEngine(server.address, { engine, deadline: '10m' }, async (engine) => {
          ended = Promise.all(Array.from({ length: 5 }, async () => (await callOnce(engine)).status));
          while (server.connections.every(({ requests }) => requests < 2)) {
            await new Promise((resolve) => setImmediate(resolve));
          }
        });
        assert.deepEqual(new Set(await ended), new Set(['CANCELLED']));
      } finally {
        await server.stop();
      }
    });

    test('a server that breaks the protocol ends a connection, and not the program', { timeout }, async () => {
      let turn = 0;
      const server = await RawHttp2Server.start({
        onRequest: (stream) => {
          turn += 1;
          // Every other connection: a frame that is longer than announced; HPACK that is none; a push.
          if (turn === 1) stream.frame(0, 0, Buffer.alloc(20_000));
          else if (turn === 2) stream.frame(1, 4, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
          else if (turn === 3) stream.frame(5, 4, Buffer.from([0, 0, 0, 2, 0x82]));
          else stream.ok();
        },
      });
      try {
        await withEngine(server.address, { engine, deadline: '2s' }, async (engine) => {
          for (let call = 0; call < 3; call += 1) assert.notEqual((await callOnce(engine)).status, 'OK');
          // grpc-js may take a moment to notice that a connection has gone.
          while ((await callOnce(engine)).status !== 'OK') await new Promise((resolve) => setTimeout(resolve, 20));
        });
        assert.ok(
          server.goAways.filter((message) => message !== '').length >= (engine === 'wire' ? 3 : 0),
          'it is told',
        );
      } finally {
        await server.stop();
      }
    });

    test('MaxConnectionAge of a real server loses nothing', { timeout }, async () => {
      const server = new grpc.Server({ 'grpc.max_connection_age_ms': 150 });
      new HealthImplementation({ '': 'SERVING' }).addToServer(server);
      const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
          error === null ? resolve(bound) : reject(error),
        );
      });
      try {
        await withEngine(`127.0.0.1:${port}`, { engine, deadline: '20s' }, async (engine) => {
          const until = performance.now() + 1_000;
          while (performance.now() < until) {
            for (const { status, error } of await closedLoop(engine, 4, 40)) assert.equal(status, 'OK', error ?? '');
          }
        });
      } finally {
        server.forceShutdown();
      }
    });
  });
}

test('the engine wire sends what a server has not processed once more, and not twice', { timeout }, async () => {
  const server = await RawHttp2Server.start({
    onRequest: (stream) => stream.reset(errorCode.refusedStream),
  });
  try {
    await withEngine(server.address, { engine: 'wire', deadline: '20s' }, async (engine) => {
      const { status, error } = await callOnce(engine);
      assert.deepEqual([status, /REFUSED_STREAM/.test(error ?? '')], ['UNAVAILABLE', true]);
    });
    assert.equal(server.connections[0]!.requests + (server.connections[1]?.requests ?? 0), 2);
  } finally {
    await server.stop();
  }
});
