import assert from 'node:assert/strict';
import { link, mkdir, mkdtemp, readlink, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, ManualClock } from '../../base/clock.ts';
import type { EvenkeelError } from '../../base/errors.ts';
import type { Service } from '../../model/service.ts';
import { type CaseService, type DiscoveryDriver, discoveryCases } from '../testing/cases.ts';
import { RecordingObserver } from '../testing/recording-observer.ts';
import { FileDiscovery } from './file-discovery.ts';

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'evenkeel-file-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

function document(services: readonly CaseService[]): string {
  return JSON.stringify({
    apiVersion: 'evenkeel.dev/v1',
    kind: 'Endpoints',
    services: services.map(({ name, endpoints }) => ({
      name,
      ports: [{ name: 'grpc', port: 50051 }],
      endpoints: endpoints.map(({ address, terminating = false }) => ({ address, terminating })),
    })),
  });
}

/** One Service with one endpoint. */
function single(address: string): string {
  return document([{ name: 'a', endpoints: [{ address }] }]);
}

/** How a file is brought to a new content. */
interface Writer {
  readonly name: string;
  /** @returns the path that is watched */
  write(root: string, text: string): Promise<string>;
}

const byRename: Writer = {
  name: 'by rename',
  async write(root, text) {
    await writeFile(join(root, '.new'), text);
    await rename(join(root, '.new'), join(root, 'endpoints.yaml'));
    return join(root, 'endpoints.yaml');
  },
};

const inPlace: Writer = {
  name: 'in place',
  async write(root, text) {
    await writeFile(join(root, 'endpoints.yaml'), text);
    return join(root, 'endpoints.yaml');
  },
};

/** As the kubelet updates a ConfigMap volume. */
const byLinkSwap: Writer = {
  name: 'by swapping a link',
  async write(root, text) {
    const old = await readlink(join(root, '..data')).catch(() => undefined);
    const fresh = await mkdtemp(join(root, '..version-'));
    await writeFile(join(fresh, 'endpoints.yaml'), text);
    await symlink(fresh.slice(root.length + 1), join(root, '..data_tmp'));
    await rename(join(root, '..data_tmp'), join(root, '..data'));
    if (old === undefined) await symlink('..data/endpoints.yaml', join(root, 'endpoints.yaml'));
    else await rm(join(root, old), { recursive: true });
    return join(root, 'endpoints.yaml');
  },
};

const writers = [byRename, inPlace, byLinkSwap];

for (const writer of writers) {
  for (const { name, run } of discoveryCases) {
    test(`file, written ${writer.name}: ${name}`, async (t) => {
      const root = await folder(t);
      const driver: DiscoveryDriver = {
        can: { remove: true, terminating: true },
        async tell(services) {
          await writer.write(root, document(services));
        },
        async fail() {
          await writer.write(root, 'services: [');
        },
        discovery: () => new FileDiscovery({ path: join(root, 'endpoints.yaml') }),
      };
      await run(driver);
    });
  }
}

async function watching(t: TestContext, path: string, clock?: Clock): Promise<RecordingObserver> {
  const observer = new RecordingObserver();
  const discovery = new FileDiscovery({ path, clock });
  await discovery.start(observer);
  t.after(() => discovery.stop());
  return observer;
}

function addressOf(observer: RecordingObserver): string | undefined {
  return observer.services.get('default/a')?.ports[0]?.endpoints[0]?.address;
}

test('a file that is deleted takes nothing away, and its return is seen', async (t) => {
  const root = await folder(t);
  const path = await byRename.write(root, single('127.1.0.1'));
  const observer = await watching(t, path);
  await rm(path);
  await observer.until('the deletion was told', ({ error }) => error?.code === 'EK_FILE_READ');
  assert.equal(addressOf(observer), '127.1.0.1');
  await inPlace.write(root, single('127.1.0.1'));
  await observer.until('it is back', ({ error }) => error === undefined);
  assert.equal(observer.upsertsOf('default/a'), 1);
});

test('a folder that is deleted and made anew is watched again', async (t) => {
  const root = await folder(t);
  const inner = join(root, 'config');
  await mkdir(inner);
  const observer = await watching(t, await byRename.write(inner, single('127.1.0.1')));
  await rm(inner, { recursive: true });
  await observer.until('the deletion was told', ({ error }) => error?.code === 'EK_FILE_READ');
  await mkdir(inner);
  await byRename.write(inner, single('127.1.0.2'));
  await observer.until('the new file was read', () => addressOf(observer) === '127.1.0.2');
  await byRename.write(inner, single('127.1.0.3'));
  await observer.until('and the next one', () => addressOf(observer) === '127.1.0.3');
});

test('links on the way are followed, wherever they are', async (t) => {
  const root = await folder(t);
  for (const version of ['v1', 'v2']) {
    await mkdir(join(root, 'releases', version), { recursive: true });
    await inPlace.write(join(root, 'releases', version), single(version === 'v1' ? '127.1.0.1' : '127.1.0.2'));
  }
  await symlink('releases/v1', join(root, 'current'));
  await symlink(join(root, 'current'), join(root, 'config'));
  const observer = await watching(t, join(root, 'config', 'endpoints.yaml'));
  assert.equal(addressOf(observer), '127.1.0.1');
  await symlink('releases/v2', join(root, 'next'));
  await rename(join(root, 'next'), join(root, 'current'));
  await observer.until('the swap was seen', () => addressOf(observer) === '127.1.0.2');
  await inPlace.write(join(root, 'releases', 'v2'), single('127.1.0.3'));
  await observer.until('the new target is watched', () => addressOf(observer) === '127.1.0.3');
});

test('a broken file is told with file, line and field, and the next mistake too', async (t) => {
  const root = await folder(t);
  const path = await byRename.write(root, single('127.1.0.1'));
  const observer = await watching(t, path);
  const head = 'apiVersion: evenkeel.dev/v1\nkind: Endpoints\nservices:\n  - name: a\n';
  await byRename.write(root, `${head}    prots: []\n    endpoints: []\n`);
  await observer.until('the first mistake was told', ({ error }) => error?.location.field === 'services[0].prots');
  assert.deepEqual(observer.error?.location, { file: path, line: 5, column: 5, field: 'services[0].prots' });
  await byRename.write(root, `${head}    ports: []\n    endpoints: [{ address: pod-1 }]\n`);
  await observer.until('the second was', ({ error }) => error?.location.field === 'services[0].endpoints[0].address');
  assert.equal(addressOf(observer), '127.1.0.1');
});

test('a file that is only touched is no change', async (t) => {
  const root = await folder(t);
  const path = await byRename.write(root, single('127.1.0.1'));
  const observer = await watching(t, path);
  await utimes(path, 1, 1);
  await byRename.write(root, single('127.1.0.2'));
  await observer.until('the change after it', () => addressOf(observer) === '127.1.0.2');
  assert.equal(observer.upsertsOf('default/a'), 2);
});

test('a file that is half written meanwhile is no failure and no removal', async (t) => {
  const root = await folder(t);
  const path = await byRename.write(root, single('127.1.0.1'));
  const clock = new ManualClock();
  const observer = await watching(t, path, clock);
  const text = `apiVersion: evenkeel.dev/v1
kind: Endpoints
services:
  - { name: b, ports: [], endpoints: [] }
  - { name: a, ports: [{ port: 1 }], endpoints: [{ address: 127.1.0.2 }] }
`;
  const half = text.slice(0, text.indexOf('  - { name: a'));
  await writeFile(path, half);
  // The poll's timer and the one that waits for quiet: the first half was noticed.
  while (clock.pending < 2) await turn();
  await writeFile(path, text);
  while (addressOf(observer) !== '127.1.0.2') {
    clock.advance(1);
    await turn();
  }
  assert.deepEqual(
    observer.events.filter(({ kind }) => kind === 'remove' || kind === 'degraded'),
    [],
  );
});

test('a JSON file that replaces another is waited for no longer than it is read; half of one is none', async (t) => {
  const root = await folder(t);
  const path = join(root, 'endpoints.json');
  const replace = async (text: string): Promise<void> => {
    await writeFile(join(root, '.new'), text);
    await rename(join(root, '.new'), path);
  };
  const service = (address: string): string =>
    JSON.stringify({
      ...{ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints' },
      services: [{ name: 'a', ports: [{ port: 1 }], endpoints: [{ address }] }],
    });
  await replace(service('127.1.0.1'));
  const clock = new ManualClock();
  const observer = await watching(t, path, clock);
  await replace(service('127.1.0.2'));
  await observer.until('the new one is told, though time stands still', () => addressOf(observer) === '127.1.0.2');
  await replace(service('127.1.0.3').slice(0, -20));
  // The poll's timer and the one that waits for what else comes.
  while (clock.pending < 2) await turn();
  await replace(service('127.1.0.4'));
  while (addressOf(observer) !== '127.1.0.4') {
    clock.advance(1);
    await turn();
  }
  assert.deepEqual(
    observer.events.filter(({ kind }) => kind === 'remove' || kind === 'degraded'),
    [],
  );
});

test('what is replaced while it is read is not believed', async (t) => {
  const root = await folder(t);
  const path = await byRename.write(root, document([{ name: 'b', endpoints: [] }]));
  const service = (name: string): Service => ({ namespace: 'default', name, ports: [], policy: {} });
  // What each reading finds: everything, then a half that another file has replaced meanwhile, then everything again.
  const readings = [
    async () => [service('a'), service('b')],
    async () => {
      await byRename.write(root, single('127.1.0.2'));
      return [service('b')];
    },
    async () => [service('a'), service('b'), service('c')],
  ];
  const observer = new RecordingObserver();
  const discovery = new FileDiscovery({ path, read: () => readings.shift()!() });
  await discovery.start(observer);
  t.after(() => discovery.stop());
  await byRename.write(root, single('127.1.0.1'));
  await observer.until('the whole file was read', ({ services }) => services.has('default/c'));
  assert.deepEqual(
    observer.events.filter(({ kind }) => kind === 'remove'),
    [],
  );
});

test('what is no regular file is refused and not waited for', async (t) => {
  const root = await folder(t);
  const path = join(root, 'endpoints.yaml');
  await symlink('/dev/zero', path);
  const start = new FileDiscovery({ path }).start(new RecordingObserver());
  await assert.rejects(start, { code: 'EK_FILE_READ', message: /it is no regular file/ });
});

test('a first file that is broken or missing is an error, and nothing is left behind', async (t) => {
  const root = await folder(t);
  const observer = new RecordingObserver();
  const path = join(root, 'endpoints.yaml');
  const start = () => new FileDiscovery({ path }).start(observer);
  await assert.rejects(start, { code: 'EK_FILE_READ' });
  await writeFile(path, 'services: [');
  await assert.rejects(start, (error: EvenkeelError) => {
    assert.equal(error.code, 'EK_FILE_SYNTAX');
    assert.equal(error.location.file, path);
    return true;
  });
  assert.deepEqual(observer.events, []);
});

test('a change that the system does not tell of is found by looking', async (t) => {
  const root = await folder(t);
  const path = await inPlace.write(root, single('127.1.0.1'));
  // Watching a folder tells of writes through names in that folder only, not of those through a second name.
  await mkdir(join(root, 'elsewhere'));
  await link(path, join(root, 'elsewhere', 'endpoints.yaml'));
  const clock = new ManualClock();
  const observer = await watching(t, path, clock);
  await inPlace.write(join(root, 'elsewhere'), single('127.1.0.2'));
  clock.advance(4_999);
  assert.equal(addressOf(observer), '127.1.0.1');
  while (addressOf(observer) !== '127.1.0.2') {
    clock.advance(10);
    await turn();
  }
});
