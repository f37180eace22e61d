import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GrpcConnection } from '../grpc/transport.ts';
import { SessionPlaces } from './session-places.ts';

function world() {
  let now = 0;
  const places = new SessionPlaces(() => now);
  const make = (address: string, streams: number) =>
    ({ peer: { address: `${address}:1000`, certificate: undefined }, streams }) as unknown as GrpcConnection & {
      streams: number;
    };
  const come = (address: string, streams = 0) => {
    const connection = make(address, streams);
    places.add(connection);
    return connection;
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { places, come, make, pass };
}

test('those without a stream go first, of the address that has the most, the oldest before', () => {
  const { places, come, make } = world();
  const [fleet, waiting] = [come('10.0.0.1', 1), come('10.0.0.2')];
  const busy = come('10.0.0.9', 1);
  const silent = [come('10.0.0.9'), come('10.0.0.9'), come('10.0.0.9')];
  const gone: unknown[] = [];
  for (let count = 0; count < 4; count++) {
    const victim = places.victimFor(make('10.0.0.3', 0))!;
    gone.push(victim);
    places.delete(victim);
  }
  assert.deepEqual(gone, [...silent, waiting]);
  assert.ok(!gone.includes(fleet) && !gone.includes(busy));
});

test('one that has begun a stream since it was looked at, or has gone, is left alone', () => {
  const { places, come, make } = world();
  const [first, second, third] = [come('10.0.0.9'), come('10.0.0.9'), come('10.0.0.9')];
  const victim = places.victimFor(make('10.0.0.1', 0));
  assert.equal(victim, first);
  places.delete(first);
  second.streams = 1;
  assert.equal(places.victimFor(make('10.0.0.1', 0)), third);
});

test('where all have streams, an address that has more than its share loses its newest', () => {
  const { places, come, make, pass } = world();
  come('10.0.0.1', 1);
  const greedy = [come('10.0.0.9', 1), come('10.0.0.9', 1), come('10.0.0.9', 1)];
  const victim = places.victimFor(make('10.0.0.2', 0));
  assert.equal(victim, greedy.at(-1));
  places.delete(victim!);
  come('10.0.0.2', 1);
  pass(1_000);
  assert.equal(places.victimFor(make('10.0.0.2', 0)), undefined, 'it would have as many as the greedy one');
  assert.equal(places.victimFor(make('10.0.0.9', 0)), undefined);
});

test('the list of a look is used up before the next one', () => {
  const { places, come, make, pass } = world();
  const old = come('10.0.0.9', 1);
  come('10.0.0.9', 1);
  assert.notEqual(places.victimFor(make('10.0.0.9', 0)), old);
  const late = come('10.0.0.9');
  assert.equal(places.victimFor(make('10.0.0.9', 0)), undefined);
  pass(100);
  assert.equal(places.victimFor(make('10.0.0.9', 0)), late);
});
