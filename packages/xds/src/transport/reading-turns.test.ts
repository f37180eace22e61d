import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '../clock.ts';
import { EventLoop } from './event-loop.ts';
import { defaultHttp2Limits } from './limits.ts';
import { ReadingTurns } from './reading-turns.ts';
import { request, startConversation } from './testing/conversation.ts';

/** A reader whose every byte takes so many milliseconds; ten at a time. */
function world(
  msPerTen: number,
  clock: Pick<ManualClock, 'now' | 'after' | 'advance'> = new ManualClock(),
  loop: EventLoop = new EventLoop(clock),
  address = '10.0.0.1',
) {
  const reader = {
    taken: 0,
    paused: false,
    read(chunk: Buffer): number {
      let at = 0;
      do {
        at = Math.min(at + 10, chunk.length);
        clock.advance(msPerTen);
      } while (at < chunk.length && !turns.isOver);
      reader.taken += at;
      return at;
    },
    pause() {
      reader.paused = true;
    },
    resume() {
      reader.paused = false;
    },
    settle() {},
  };
  const turns = new ReadingTurns(reader, loop, clock, address);
  return { reader, turns };
}

test('a turn ends after its time, and what is left comes in the next one', async () => {
  const { reader, turns } = world(1);
  turns.receive(Buffer.alloc(50));
  assert.deepEqual([reader.taken, reader.paused, turns.heldBytes], [20, true, 30]);
  await nextTurn();
  assert.deepEqual([reader.taken, reader.paused], [40, true]);
  await nextTurn();
  assert.deepEqual([reader.taken, reader.paused, turns.heldBytes], [50, false, 0]);
});

test('a socket that has had 64 KiB in a turn leaves it to others', async () => {
  const { reader, turns } = world(0);
  turns.receive(Buffer.alloc(40_000));
  assert.equal(reader.paused, false);
  turns.receive(Buffer.alloc(40_000));
  assert.deepEqual([reader.taken, reader.paused], [80_000, true]);
  turns.receive(Buffer.alloc(10));
  assert.equal(reader.taken, 80_000, 'what was read already waits');
  await nextTurn();
  assert.deepEqual([reader.taken, reader.paused], [80_010, false]);
});

/** A clock on which nothing happens inside of something else: what falls due waits until it is looked at. */
class WorkingClock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.#timers.push({ at: this.#now + delayMs, callback });
    return () => {};
  }

  runDue(): void {
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { callback } of due) callback();
  }
}

/** Milliseconds of work of all, while they always have more to be read. */
async function workIn(connections: number, ms: number): Promise<number> {
  const clock = new WorkingClock();
  const loop = new EventLoop(clock);
  const all = Array.from({ length: connections }, () => world(1, clock, loop));
  while (clock.now() < ms) {
    for (const { reader, turns } of all) if (!reader.paused) turns.receive(Buffer.alloc(1_000));
    clock.runDue();
    await nextTurn();
    clock.advance(0.1);
  }
  return all.reduce((taken, { reader }) => taken + reader.taken / 10, 0);
}

test('one that takes all the time it can get has half of it, and so have eight', async () => {
  for (const connections of [1, 8]) {
    const workedMs = await workIn(connections, 3_000);
    // Beside the 20 ms that each may take at once.
    assert.ok(workedMs < 1_900 && workedMs > 400, `${connections}: ${workedMs} of 3000`);
  }
});

test('however many want more, others wait for a few milliseconds, and all who want more get their turn', async () => {
  const clock = new WorkingClock();
  const loop = new EventLoop(clock);
  const greedy = Array.from({ length: 50 }, () => world(1, clock, loop));
  const other = world(0, clock, loop, '10.0.0.2');
  for (const { turns } of greedy) turns.receive(Buffer.alloc(60));
  assert.equal(clock.now(), 6, 'all of them together, in the first turn');
  let longest = 0;
  for (let turn = 0; turn < 60; turn++) {
    const begun = clock.now();
    other.turns.receive(Buffer.alloc(10));
    await nextTurn();
    assert.equal(other.reader.taken, (turn + 1) * 10, 'who wants little is read in the next turn');
    clock.runDue();
    longest = Math.max(longest, clock.now() - begun);
  }
  assert.ok(longest >= 5 && longest <= 7, `${longest} ms at once`);
  assert.deepEqual([...new Set(greedy.map(({ reader }) => reader.taken))], [60], 'each has had the same');
});

test('who takes little comes before those who want more, at however many addresses, and leaves them half', async () => {
  const clock = new WorkingClock();
  const loop = new EventLoop(clock);
  const done: string[] = [];
  const wait = (address: string, isGreedy: boolean): void => {
    const run = (): void => {
      clock.advance(1);
      loop.used(1, 0);
      done.push(address);
    };
    loop.queue(address, { run, next: undefined, since: 0 }, isGreedy);
  };
  for (let number = 0; number < 300; number++) wait(`greedy ${number}`, true);
  for (let number = 0; number < 4; number++) wait(`modest ${number}`, false);
  await nextTurn();
  assert.deepEqual(done.splice(0), ['modest 0', 'modest 1', 'modest 2', 'greedy 0', 'greedy 1']);
  await nextTurn();
  assert.deepEqual(done.splice(0), ['modest 3', 'greedy 2', 'greedy 3', 'greedy 4', 'greedy 5']);
});

test('what clients leave behind is dealt with after those who are there', async () => {
  const clock = new WorkingClock();
  const loop = new EventLoop(clock);
  let pieces = 0;
  for (let number = 0; number < 30; number++) {
    const rest = Array.from({ length: 3 }).values();
    loop.spread(`10.0.1.${number}`, {
      next() {
        clock.advance(1);
        pieces += 1;
        return rest.next() as IteratorResult<void>;
      },
    });
  }
  assert.equal(pieces, 30, 'a piece of each at once');
  let isServed = false;
  loop.queueOnce('10.0.0.1', () => {
    isServed = pieces === 30;
  });
  await nextTurn();
  assert.ok(isServed, 'before the second pieces');
  loop.finish();
});

test('what waits of a chunk keeps no more than twice its bytes alive', async () => {
  const kept: number[] = [];
  const clock = new ManualClock();
  const reader = {
    read(chunk: Buffer): number {
      kept.push(chunk.buffer.byteLength);
      turns.wait(1);
      return Math.min(chunk.length, 40_000);
    },
    pause() {},
    resume() {},
    settle() {},
  };
  const turns = new ReadingTurns(reader, new EventLoop(clock), clock, '10.0.0.1');
  turns.receive(Buffer.allocUnsafeSlow(60_000));
  clock.advance(1);
  await nextTurn();
  assert.deepEqual(kept, [60_000, 20_000]);
  turns.close();
});

test('an address with thousands of connections makes its own wait', async () => {
  const clock = new WorkingClock();
  const loop = new EventLoop(clock);
  const done: string[] = [];
  const work = (address: string, name: string): (() => void) =>
    loop.queueOnce(address, () => {
      clock.advance(1);
      done.push(name);
    });
  for (let number = 0; number < 1_000; number++) work('10.0.0.1', `many ${number}`);
  const takeBack = work('10.0.0.2', 'taken back');
  work('10.0.0.3', 'one');
  takeBack();
  await nextTurn();
  assert.deepEqual(done, ['many 0', 'one', 'many 1', 'many 2', 'many 3']);
  work('10.0.0.2', 'late');
  await nextTurn();
  assert.deepEqual(done.slice(5), ['many 4', 'late', 'many 5', 'many 6', 'many 7']);
});

test('while connections are accepted, turns are short', async () => {
  const clock = new WorkingClock();
  const loop = new EventLoop(clock);
  let done = 0;
  for (let number = 0; number < 9; number++) {
    loop.queueOnce('10.0.0.1', () => {
      clock.advance(0.5);
      done += 1;
    });
  }
  loop.accepted();
  loop.used(2, 0);
  assert.equal(loop.isFull, true, 'and what is read waits in line');
  await nextTurn();
  assert.equal(done, 4);
  await nextTurn();
  assert.equal(done, 9);
  await nextTurn();
  loop.used(2, 0);
  assert.equal(loop.isFull, false);
});

test('one who wanted more not long ago stands in line at once', async () => {
  const { reader, turns } = world(0.001);
  turns.receive(Buffer.alloc(30_000));
  await nextTurn();
  assert.equal(reader.taken, 30_000);
  turns.receive(Buffer.alloc(10));
  assert.deepEqual([reader.taken, reader.paused], [30_000, true]);
  await nextTurn();
  assert.deepEqual([reader.taken, reader.paused], [30_010, false]);
});

test('who asks little does not pay for what the system did in its turn, five times a second at most', async () => {
  const clock = new WorkingClock();
  const { reader, turns } = world(40, clock);
  const ask = async (): Promise<void> => {
    turns.receive(Buffer.alloc(10));
    await nextTurn();
    clock.advance(30);
  };
  for (let times = 1; times <= 5; times++) {
    await ask();
    assert.deepEqual([reader.taken, reader.paused], [times * 10, false]);
  }
  while (!reader.paused && reader.taken < 200) await ask();
  assert.ok(
    reader.paused && reader.taken < 100,
    `a client that always takes so long pauses, after ${reader.taken / 10}`,
  );
  turns.close();
});

test('who asks much pays at once', async () => {
  const little = world(40, new WorkingClock());
  const much = world(40, new WorkingClock());
  little.turns.receive(Buffer.alloc(20));
  much.turns.receive(Buffer.alloc(1_100));
  await nextTurn();
  assert.deepEqual([little.reader.taken, much.reader.taken], [20, 10]);
  for (const { turns } of [little, much]) turns.close();
});

test('requests beyond the rate are read later, and none is lost', async () => {
  const { burst, perSecond } = defaultHttp2Limits.requests;
  const conversation = startConversation({ maxStreams: 10_000 });
  const ids = Array.from({ length: burst + 3 }, (_, index) => index * 2 + 1);
  conversation.send(...ids.map((id) => request(id, false)));
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  assert.equal(conversation.streams.length, burst + 1);
  assert.equal(conversation.paused, true);
  for (let more = 2; more <= 3; more++) {
    conversation.clock.advance(1_000 / perSecond + 0.001);
    await nextTurn();
    assert.equal(conversation.streams.length, burst + more);
  }
  conversation.clock.advance(1_000 / perSecond + 0.001);
  await nextTurn();
  assert.deepEqual([conversation.paused, conversation.faults], [false, []]);
});

test('a connection that is closed reads nothing that it had put off', async () => {
  const { reader, turns } = world(1);
  turns.defer(() => assert.fail('deferred work after the end'));
  turns.close();
  turns.receive(Buffer.alloc(50));
  await nextTurn();
  assert.deepEqual([reader.taken, turns.heldBytes], [0, 0]);
});
