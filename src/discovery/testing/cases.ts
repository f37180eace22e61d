import assert from 'node:assert/strict';
import type { Endpoint } from '../../model/endpoint.ts';
import type { Discovery } from '../discovery.ts';
import { RecordingObserver } from './recording-observer.ts';

/** A Service in the namespace `default` with one port, `grpc`, 50051. */
export interface CaseService {
  readonly name: 'a' | 'b';
  readonly endpoints: readonly CaseEndpoint[];
}

export interface CaseEndpoint {
  readonly address: string;
  /** Default: ready. */
  readonly terminating?: boolean;
}

/** Stands between the cases and one kind of source. */
export interface DiscoveryDriver {
  readonly can: {
    /** It can say that a Service is gone; otherwise a Service that is gone has no endpoints. */
    readonly remove: boolean;
    /** It can say that an endpoint is on its way out. */
    readonly terminating: boolean;
  };
  /** The source says exactly this from now on; a Service that is not named does not exist there. */
  tell(services: readonly CaseService[]): Promise<void>;
  /** The source cannot be read, until the next `tell`. */
  fail(): Promise<void>;
  /** A new discovery of that source, for the Services `a` and `b`. */
  discovery(): Discovery;
}

export interface DiscoveryCase {
  readonly name: string;
  run(driver: DiscoveryDriver): Promise<void>;
}

const [one, two, three] = ['127.1.0.1', '127.1.0.2', '127.1.0.3'].map((address): CaseEndpoint => ({ address })) as [
  CaseEndpoint,
  CaseEndpoint,
  CaseEndpoint,
];
const other: CaseService = { name: 'b', endpoints: [{ address: '127.2.0.1' }] };

function a(...endpoints: CaseEndpoint[]): CaseService {
  return { name: 'a', endpoints };
}

function addresses(observer: RecordingObserver, key: string): string {
  const endpoints = observer.services.get(key)?.ports[0]?.endpoints ?? [];
  return endpoints.map(({ address, conditions }) => (conditions.ready ? address : `${address}!`)).join(' ');
}

/** Runs a discovery with a recording observer and stops it, whatever happens. */
async function observing(
  driver: DiscoveryDriver,
  run: (observer: RecordingObserver, discovery: Discovery) => Promise<void>,
): Promise<void> {
  const observer = new RecordingObserver();
  const discovery = driver.discovery();
  try {
    await discovery.start(observer);
    await observer.until('it is synced', ({ isSynced }) => isSynced);
    await run(observer, discovery);
  } finally {
    await discovery.stop();
  }
  assert.equal(observer.events.filter(({ kind }) => kind === 'synced').length, 1, 'synced is told once');
}

/** What every source of Services keeps to; run against each of them with real parts. */
export const discoveryCases: readonly DiscoveryCase[] = [
  {
    name: 'what exists is told, with all that the model needs',
    async run(driver) {
      await driver.tell([a(one, two), other]);
      await observing(driver, async (observer) => {
        const service = observer.services.get('default/a')!;
        assert.deepEqual([service.namespace, service.name], ['default', 'a']);
        const [port] = service.ports;
        assert.deepEqual([port?.name, port?.port], ['grpc', 50051]);
        assert.deepEqual(
          port?.endpoints.map(({ address, port, conditions }) => ({ address, port, conditions })),
          ['127.1.0.1', '127.1.0.2'].map((address) => ({
            address,
            port: 50051,
            conditions: { ready: true, serving: true, terminating: false } satisfies Endpoint['conditions'],
          })),
        );
        assert.equal(addresses(observer, 'default/b'), '127.2.0.1');
        assert.equal(observer.error, undefined);
      });
    },
  },
  {
    name: 'everything is told before synced',
    async run(driver) {
      await driver.tell([a(one), other]);
      await observing(driver, async ({ events }) => {
        const synced = events.findIndex(({ kind }) => kind === 'synced');
        assert.equal(events.slice(0, synced).filter(({ kind }) => kind === 'upsert').length, 2);
      });
    },
  },
  {
    name: 'an endpoint that is added or removed is told with its whole Service, and no other Service is',
    async run(driver) {
      await driver.tell([a(one), other]);
      await observing(driver, async (observer) => {
        await driver.tell([a(one, two, three), other]);
        await observer.until('endpoints were added', () => addresses(observer, 'default/a').endsWith('.3'));
        assert.equal(addresses(observer, 'default/a'), '127.1.0.1 127.1.0.2 127.1.0.3');
        await driver.tell([a(two), other]);
        await observer.until('endpoints were removed', () => addresses(observer, 'default/a') === '127.1.0.2');
        assert.equal(observer.upsertsOf('default/b'), 1);
      });
    },
  },
  {
    name: 'another order of the same endpoints is no change',
    async run(driver) {
      await driver.tell([a(one, two, three), other]);
      await observing(driver, async (observer) => {
        await driver.tell([a(three, one, two), { name: 'b', endpoints: [] }]);
        await observer.until('the other Service changed', () => addresses(observer, 'default/b') === '');
        await driver.tell([a(two, three), other]);
        await observer.until('the Service changed', () => addresses(observer, 'default/a') === '127.1.0.2 127.1.0.3');
        assert.equal(observer.upsertsOf('default/a'), 2);
      });
    },
  },
  {
    name: 'an endpoint on its way out is told as such, where the source can say so, else it is left out',
    async run(driver) {
      await driver.tell([a(one, two), other]);
      await observing(driver, async (observer) => {
        await driver.tell([a(one, { ...two, terminating: true }), other]);
        const expected = driver.can.terminating ? '127.1.0.1 127.1.0.2!' : '127.1.0.1';
        await observer.until('an endpoint is terminating', () => addresses(observer, 'default/a') === expected);
      });
    },
  },
  {
    name: 'a Service without endpoints is empty, not gone',
    async run(driver) {
      await driver.tell([a(one), other]);
      await observing(driver, async (observer) => {
        await driver.tell([a(), other]);
        await observer.until('the Service is empty', () => addresses(observer, 'default/a') === '');
        assert.equal(observer.services.get('default/a')?.ports[0]?.port, 50051, 'it keeps its port');
        assert.deepEqual(
          observer.events.filter(({ kind }) => kind === 'remove'),
          [],
        );
        await driver.tell([a(two), other]);
        await observer.until('it has endpoints again', () => addresses(observer, 'default/a') === '127.1.0.2');
      });
    },
  },
  {
    name: 'a Service that is gone is removed, where the source can know that, else it is empty',
    async run(driver) {
      await driver.tell([a(one), other]);
      await observing(driver, async (observer) => {
        await driver.tell([other]);
        await observer.until('the Service has no endpoints', () => addresses(observer, 'default/a') === '');
        assert.equal(observer.services.has('default/a'), !driver.can.remove);
        await driver.tell([a(two), other]);
        await observer.until('it is back', () => addresses(observer, 'default/a') === '127.1.0.2');
        assert.equal(observer.upsertsOf('default/b'), 1);
      });
    },
  },
  {
    name: 'a Service that appears later is told',
    async run(driver) {
      await driver.tell([other]);
      await observing(driver, async (observer) => {
        await driver.tell([a(one), other]);
        await observer.until('the Service appeared', () => addresses(observer, 'default/a') === '127.1.0.1');
        await observer.until('nothing is wrong', ({ error }) => error === undefined);
      });
    },
  },
  {
    name: 'a failure is told as such and takes nothing away',
    async run(driver) {
      await driver.tell([a(one, two), other]);
      await observing(driver, async (observer) => {
        await driver.fail();
        await observer.until('the failure was told', ({ error }) => error !== undefined);
        assert.match(observer.error!.code, /^EK_/);
        assert.equal(addresses(observer, 'default/a'), '127.1.0.1 127.1.0.2');
        assert.equal(observer.events.filter(({ kind }) => kind === 'upsert').length, 2);
        assert.equal(observer.events.filter(({ kind }) => kind === 'remove').length, 0);
      });
    },
  },
  {
    name: 'after a failure the source is seen again, with what changed meanwhile',
    async run(driver) {
      await driver.tell([a(one), other]);
      await observing(driver, async (observer) => {
        for (const endpoint of [two, three]) {
          await driver.fail();
          await observer.until('the failure was told', ({ error }) => error !== undefined);
          await driver.tell([a(endpoint), other]);
          await observer.until('it is over', ({ error }) => error === undefined);
          await observer.until('the change is there', () => addresses(observer, 'default/a') === endpoint.address);
        }
        const told = observer.events.filter((event) => event.kind === 'degraded').map(({ error }) => error?.message);
        for (const [index, message] of told.entries()) {
          if (index > 0) assert.notEqual(message, told[index - 1], 'nothing is told twice in a row');
        }
        assert.equal(observer.upsertsOf('default/b'), 1);
      });
    },
  },
  {
    name: 'after stop nothing is told',
    async run(driver) {
      await driver.tell([a(one), other]);
      await observing(driver, async (observer, discovery) => {
        await driver.tell([a(one, two), other]);
        await discovery.stop();
        const told = observer.events.length;
        await driver.tell([a(three), other]);
        // That a second one sees the change proves that the first one could have.
        await observing(driver, async (second) => assert.equal(addresses(second, 'default/a'), '127.1.0.3'));
        assert.equal(observer.events.length, told);
      });
    },
  },
  {
    name: 'it can be stopped while it starts',
    async run(driver) {
      await driver.tell([a(one), other]);
      const observer = new RecordingObserver();
      const discovery = driver.discovery();
      const started = discovery.start(observer);
      await discovery.stop();
      const told = observer.events.length;
      await started;
      await observing(driver, async () => {});
      assert.equal(observer.events.length, told);
    },
  },
];
