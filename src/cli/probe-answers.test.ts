import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { type Output, outputOf } from '../base/testing/output-of.ts';
import { probeReportSchema } from '../probe/measure/report.ts';

const timeout = 120_000;
const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const proto = `syntax = "proto3";
package shop;
import "google/protobuf/any.proto";
import "google/protobuf/timestamp.proto";
message Answer {
  string hostname = 1;
  string text = 2;
  google.protobuf.Any detail = 3;
  google.protobuf.Timestamp at = 4;
  Answer inner = 5;
}
service Odd { rpc Ask(Answer) returns (Answer); rpc Watch(Answer) returns (stream Answer); }
`;

const hostname = Buffer.from('\x0a\x05pod-a', 'latin1');
/** In turn. */
const odd = [
  // An Any of an unknown type.
  Buffer.from('\x1a\x0c\x0a\x06x.y/Zz\x12\x02ab', 'latin1'),
  // Text that is not UTF-8.
  Buffer.from([0x12, 2, 0xff, 0xfe]),
  // A time beyond the year 9999.
  Buffer.from('220708ffffffffff7f', 'hex'),
  // Cut short.
  Buffer.from([0x12, 100, 0x61]),
  // A tag of no field.
  Buffer.from([0x00, 0x07, 0xff]),
];

let folder: string;
let target: string;
const server = new grpc.Server();
let answered = 0;
const nextAnswer = (): Buffer => Buffer.concat([hostname, odd[answered++ % odd.length]!]);

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evenkeel-odd-'));
  writeFileSync(join(folder, 'odd.proto'), proto);
  const same = (bytes: Buffer): Buffer => bytes;
  const common = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    {
      ask: { path: '/shop.Odd/Ask', requestStream: false, responseStream: false, ...common },
      watch: { path: '/shop.Odd/Watch', requestStream: false, responseStream: true, ...common },
    },
    {
      ask: (_: unknown, done: grpc.sendUnaryData<Buffer>) => done(null, nextAnswer()),
      watch: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
        call.write(nextAnswer());
        call.end();
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  target = `127.0.0.1:${port}`;
});

after(() => {
  server.forceShutdown();
  rmSync(folder, { recursive: true });
});

async function probe(signal: AbortSignal, ...args: string[]): Promise<Output> {
  const flags = ['--proto', 'odd.proto', '--import-path', folder, '--calls', '20', '--rate', '200', '--warmup', '0'];
  const patient = ['--deadline', '60s', '--connect-timeout', '60s', '--json'];
  const child = spawn(process.execPath, [main, 'probe', target, ...flags, ...patient, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A test that ran out of time leaves nothing behind.
    signal,
  });
  return outputOf(child);
}

for (const engine of ['channel', 'wire']) {
  test(`what cannot be shown is an answer, and who gave it is still known, by ${engine}`, { timeout }, async ({
    signal,
  }) => {
    for (const method of ['Ask', 'Watch']) {
      const before = answered;
      const { code, stdout, stderr } = await probe(signal, '--engine', engine, '--method', `shop.Odd/${method}`);
      assert.equal(code, 0, stderr);
      const { calls, failed, backends, identifier } = probeReportSchema.parse(JSON.parse(stdout));
      assert.deepEqual([calls, failed, identifier.by], [20, 0, 'field:hostname'], method);
      assert.deepEqual(
        backends.list.map(({ name }) => name),
        ['pod-a'],
      );
      // Nothing but what it is doing: no warning of Node or of a library.
      assert.deepEqual(
        stderr.split('\n').filter((line) => !/^(?:connecting to|finding out|calling) |^$/.test(line)),
        [],
      );
      assert.ok(answered - before >= 20 + odd.length);
    }
  });
}
