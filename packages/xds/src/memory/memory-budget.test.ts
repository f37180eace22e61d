import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountedSize } from './account.ts';
import { type ConnectionAccount, defaultMemoryLimits, MemoryBudget } from './memory-budget.ts';

/** Opens accounts by name and notes who had to go. */
function world(totalBytes: number, connectionBytes = totalBytes) {
  const budget = new MemoryBudget({ totalBytes, connectionBytes });
  const evicted: string[] = [];
  const open = (name: string, idle = false): ConnectionAccount =>
    budget.open({ isIdle: () => idle, evict: () => evicted.push(name) }, 0);
  return { budget, evicted, open };
}

const settled = (): Promise<void> => Promise.resolve();

test('the defaults are a share of the memory, and of what V8 gives', () => {
  assert.deepEqual(defaultMemoryLimits({}, 1_000, 10_000), { totalBytes: 400, connectionBytes: 100 });
  assert.deepEqual(defaultMemoryLimits({}, 1_000, 400), { totalBytes: 200, connectionBytes: 50 });
  assert.deepEqual(defaultMemoryLimits({ totalBytes: 80 }), { totalBytes: 80, connectionBytes: 20 });
  assert.ok(defaultMemoryLimits().totalBytes > 0);
});

test('below the budget nobody is touched; above it the largest goes, and its bytes with it', async () => {
  const { budget, evicted, open } = world(1_000_000);
  const [small, large] = [open('small'), open('large')];
  small.charge(400_000);
  large.charge(600_000);
  await settled();
  assert.deepEqual(evicted, []);
  small.charge(1);
  assert.deepEqual(evicted, [], 'not in the middle of the work that charged it');
  await settled();
  assert.deepEqual(evicted, ['large']);
  assert.equal(budget.usedBytes, 400_001);
  large.charge(1_000_000);
  large.release(5);
  await settled();
  assert.equal(budget.usedBytes, 400_001, 'an account that is closed counts no more');
});

test('what was released in time costs nobody anything', async () => {
  const { evicted, open } = world(1_000);
  const account = open('one');
  account.charge(2_000);
  account.release(1_500);
  await settled();
  assert.deepEqual(evicted, []);
});

test('a connection that goes beyond its own share goes, however little the others hold', async () => {
  const { evicted, open } = world(1_000, 100);
  open('other').charge(100);
  open('one').charge(101);
  await settled();
  assert.deepEqual(evicted, ['one']);
});

test('where all are small, those that do nothing go first', async () => {
  const { evicted, open } = world(100);
  open('busy').charge(60);
  open('idle', true).charge(30);
  open('new').charge(20);
  await settled();
  assert.deepEqual(evicted, ['idle']);
});

test('what is shared counts once for the process, and in full for each that holds it', async () => {
  const { budget, open } = world(1_000);
  const [one, other] = [open('one'), open('other')];
  const bytes = Buffer.alloc(100);
  one.hold(bytes);
  one.hold(bytes);
  other.hold(bytes);
  assert.deepEqual([one.bytes, other.bytes, budget.usedBytes], [100, 100, 100]);
  one.drop(bytes);
  assert.equal(one.bytes, 100);
  one.close();
  assert.equal(budget.usedBytes, 100);
  other.drop(bytes);
  assert.deepEqual([other.bytes, budget.usedBytes], [0, 0]);
});

test('a size charges what it has grown, and releases what it has lost', () => {
  const { budget, open } = world(1_000);
  const size = new AccountedSize(open('one'));
  for (const bytes of [100, 300, 50]) {
    size.set(bytes);
    assert.equal(budget.usedBytes, bytes);
  }
});

test('no number of clients makes it more than the budget, whatever they charge', async () => {
  const { budget, evicted, open } = world(1_000_000, 300_000);
  for (let client = 0; client < 200; client++) {
    const account = open(`${client}`);
    for (let turn = 0; turn < client % 7; turn++) {
      account.charge(40_000);
      await settled();
      assert.ok(budget.usedBytes <= 1_000_000);
    }
  }
  assert.ok(evicted.length > 0);
  assert.ok(budget.usedBytes > 700_000, 'and all of it can be used');
});

test('thousands that come one after the other do not have everybody looked at each time', async () => {
  for (const idle of [true, false]) {
    let looks = 0;
    const evicted: number[] = [];
    const budget = new MemoryBudget({ totalBytes: 2_000, connectionBytes: 2_000 });
    for (let number = 0; number < 4_000; number++) {
      const isIdle = (): boolean => {
        looks += 1;
        return idle;
      };
      budget.open({ isIdle, evict: () => evicted.push(number) }, 1);
      await settled();
      assert.ok(budget.usedBytes <= 2_000);
    }
    assert.equal(evicted.length, 2_000);
    if (idle) assert.deepEqual(evicted.slice(0, 3), [0, 1, 2], 'the oldest first');
    assert.ok(looks < 2_000 * 50, `${looks} looks for 2,000 who had to go`);
  }
});
