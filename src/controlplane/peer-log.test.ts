import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import { Metrics } from './metrics.ts';
import { PeerLog } from './peer-log.ts';
import { logCapture } from './testing/log-capture.ts';

function world() {
  const { log, lines } = logCapture();
  const [clock, metrics] = [new ManualClock(), new Metrics()];
  return {
    lines,
    clock,
    metrics,
    peers: new PeerLog(log, metrics, clock),
    warnings: () => lines.filter(({ level }) => level === 40),
  };
}

test('lines of a kind are bounded in a minute, those about one address more tightly, and what is left out is counted', async () => {
  const { peers, clock, metrics, warnings } = world();
  for (let count = 0; count < 1_000; count++) peers.write('nack', 'warn', `10.0.0.1:${count}`, {}, 'a');
  assert.equal(warnings().length, 20);
  for (let count = 0; count < 1_000; count++) peers.write('nack', 'warn', `10.0.1.${count}:1`, {}, 'a');
  assert.equal(warnings().length, 60, 'one address does not silence the others');
  peers.write('invalid_request', 'warn', '10.0.0.1:1', {}, 'another kind');
  assert.equal(warnings().length, 61);
  clock.advance(60_000);
  peers.write('nack', 'warn', '10.0.0.1:1', {}, 'later');
  assert.equal(warnings().at(-1)?.leftOutBefore, 1_940);
  assert.match(await metrics.text(), /evenkeel_log_lines_left_out_total\{kind="nack"\} 1940/);
});

test('a line is bounded in bytes, whatever a client sent, and its characters are harmless', () => {
  const { peers, lines } = world();
  const reason = `\u001b[31m\u009b2J\n{"level":60}\u202e${'x'.repeat(4_000_000)}`;
  peers.write('nack', 'warn', '10.0.0.1:1', { reason, names: Array(1_000).fill(reason), code: 3 }, 'a');
  const [line] = lines;
  assert.ok(JSON.stringify(line).length < 5_000);
  assert.match(String(line?.reason), /^\\x1b\[31m\\x9b2J\\n\{"level":60\}\\u\{202e\}x+…$/);
  assert.equal(line?.code, 3);
});
