import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Orca } from './orca.ts';

test('a server says calls a second and how busy it is, of late', () => {
  const orca = new Orca(4);
  let report: Buffer = Buffer.alloc(0);
  // 10 calls a second that take 200 ms: two of four are under way.
  for (let at = 0; at < 100_000; at += 100) report = orca.ended(200, at);
  assert.deepEqual([report.readUInt8(0) >> 3, report.readUInt8(9) >> 3], [6, 9]);
  const [rps, utilization] = [report.readDoubleLE(1), report.readDoubleLE(10)];
  assert.ok(Math.abs(rps - 10) < 0.1 && Math.abs(utilization - 0.5) < 0.01, `${rps} ${utilization}`);
});
