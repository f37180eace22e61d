import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import { translateService } from '../translate/translate-service.ts';
import { EmptyPorts } from './empty-ports.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService } from './testing/told-source.ts';

const name = 'shop/orders:50051';

function setUp() {
  const clock = new ManualClock();
  const { log, lines } = logCapture();
  const state = { clients: 0 };
  const ports = new EmptyPorts({ clock, log, clientsOf: () => Array(state.clients).fill(undefined) });
  const service = grpcService('shop/orders', []);
  const empty = () => {
    const none = {
      rule: 'empty' as const,
      published: new Set<never>(),
      damped: new Set<never>(),
      ejected: new Set<never>(),
    };
    ports.published({ service, selections: new Map([[50051, none]]), translated: translateService(service) });
  };
  return { clock, lines, state, ports, empty, service };
}

test('a Service that never had an endpoint is nothing to warn of until a client asks for it, and then once', () => {
  const { clock, lines, state, ports, empty, service } = setUp();
  empty();
  ports.asked();
  clock.advance(1_000);
  assert.deepEqual([lines.length, ports.wanted, ports.problemsOf(service)], [0, [], []]);
  state.clients = 1;
  ports.asked();
  ports.asked();
  clock.advance(999);
  assert.equal(lines.length, 0);
  clock.advance(1);
  assert.deepEqual([lines.length, lines[0]!.assignment, lines[0]!.clients], [1, name, 1]);
  ports.asked();
  empty();
  clock.advance(5_000);
  assert.equal(lines.length, 1);
  assert.deepEqual(ports.wanted, [{ name, clients: 1 }]);
  assert.deepEqual(ports.problemsOf(service), [`${name} has no endpoint; 1 client asks for it`]);
});

test('of a Service that was removed nothing is left, and nothing is waited for after the end', () => {
  const { clock, state, ports, empty, service } = setUp();
  state.clients = 3;
  empty();
  ports.asked();
  ports.removed(service);
  assert.deepEqual([ports.wanted, ports.problemsOf(service)], [[], []]);
  ports.close();
  assert.equal(clock.pending, 0);
});
