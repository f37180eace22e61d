import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '../../base/clock.ts';
import { RecordingObserver } from '../testing/recording-observer.ts';
import type { KubernetesDiscoveryOptions } from './kubernetes-discovery.ts';
import { FakeApiServer, sendStatus } from './testing/fake-api-server.ts';
import { discoveryOf } from './testing/fake-driver.ts';
import { serviceObject, sliceObject } from './testing/objects.ts';

async function apiServer(t: TestContext, ...names: string[]): Promise<FakeApiServer> {
  const fake = await FakeApiServer.start();
  t.after(() => fake.stop());
  for (const name of names) addService(fake, name);
  return fake;
}

function addService(fake: FakeApiServer, key: string, address = '10.0.0.1'): void {
  fake.apply('services', serviceObject(key));
  fake.apply('endpointslices', sliceObject(key, 'x1', [{ address }]));
}

async function observe(t: TestContext, fake: FakeApiServer, options: KubernetesDiscoveryOptions = {}) {
  const observer = new RecordingObserver();
  const discovery = discoveryOf(fake, options);
  t.after(() => discovery.stop());
  await discovery.start(observer);
  return observer;
}

async function synced(t: TestContext, fake: FakeApiServer, options: KubernetesDiscoveryOptions = {}) {
  const observer = await observe(t, fake, options);
  await observer.until('it is synced', ({ isSynced }) => isSynced);
  await fake.until(() => fake.count('services', 'watch') > 0 && fake.count('endpointslices', 'watch') > 0);
  return observer;
}

function removals({ events }: RecordingObserver): number {
  return events.filter(({ kind }) => kind === 'remove').length;
}

function addressesOf({ services }: RecordingObserver, key: string): string {
  return (
    services
      .get(key)
      ?.ports.flatMap(({ endpoints }) => endpoints.map(({ address }) => address))
      .join() ?? ''
  );
}

function degradations({ events }: RecordingObserver): number {
  return events.filter((event) => event.kind === 'degraded' && event.error !== undefined).length;
}

const many = Array.from({ length: 1_100 }, (_, index) => `shop/s${index}`);

test('a long list comes in pages and is told as a whole', async (t) => {
  const fake = await apiServer(t, ...many);
  const observer = await synced(t, fake);
  assert.equal(observer.services.size, many.length);
  assert.equal(fake.count('services', 'list'), 3);
  assert.equal(fake.count('endpointslices', 'list'), 3);
});

test('of a list whose second page fails nothing is believed', async (t) => {
  const fake = await apiServer(t, ...many);
  let failures = 2;
  fake.intercept = ({ kind, query }, response) => {
    if (kind !== 'services' || !query.has('continue') || failures === 0) return false;
    failures -= 1;
    if (failures === 1) sendStatus(response, 503, 'the server is starting');
    else response.writeHead(200).end('{"metadata":{"resourceVersion":"7"},"items":[');
    return true;
  };
  const observer = await synced(t, fake);
  assert.equal(failures, 0);
  const [first] = observer.events;
  assert.equal(first?.kind, 'degraded', 'no Service was told before');
  assert.equal(observer.services.size, many.length);
  await observer.until('nothing is wrong any more', ({ error }) => error === undefined);
});

test('where the pages were forgotten meanwhile, the list is asked for at once', async (t) => {
  const fake = await apiServer(t, ...many);
  fake.intercept = ({ kind, query }, response) => {
    if (kind !== 'services' || !query.has('continue')) return false;
    sendStatus(response, 410, 'The provided continue parameter is too old');
    return true;
  };
  const observer = await synced(t, fake);
  assert.equal(observer.services.size, many.length);
  assert.equal(degradations(observer), 0);
});

test('a server whose lists are always too old is told of, and not asked without a pause', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  fake.intercept = ({ kind, verb }, response) => {
    if (kind !== 'services' || verb !== 'list') return false;
    sendStatus(response, 410, 'too old');
    return true;
  };
  const observer = await observe(t, fake, { times: { minBackoffMs: 60_000, maxBackoffMs: 60_000 } });
  await observer.until('it is told', ({ error }) => error?.code === 'EK_KUBE_ANSWER');
  assert.equal(fake.count('services', 'list'), 2);
});

for (const how of ['status', 'event'] as const) {
  test(`410 as ${how}: everything is listed again and only what differs is told`, async (t) => {
    const fake = await apiServer(t, 'shop/a', 'shop/b', 'shop/c');
    const observer = await synced(t, fake);
    if (how === 'event') {
      let once = true;
      fake.intercept = ({ kind, verb }, response) => {
        if (kind !== 'services' || verb !== 'watch' || !once) return false;
        once = false;
        const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
        response.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
        return true;
      };
    }
    fake.goDown();
    fake.delete('services', 'shop/b');
    addService(fake, 'shop/d');
    fake.compact();
    fake.comeBack();
    await observer.until('the new Service is told', ({ services }) => services.has('shop/d'));
    await observer.until('the old Service is removed', ({ services }) => !services.has('shop/b'));
    assert.equal(removals(observer), 1);
    assert.equal(observer.upsertsOf('shop/a'), 1);
    await observer.until('nothing is wrong', ({ error }) => error === undefined);
  });
}

test('a list that lacks most of what was known is asked for again before it is believed', async (t) => {
  const fake = await apiServer(t, 'shop/a', 'shop/b', 'shop/c');
  const observer = await synced(t, fake);
  let empty = 1;
  fake.intercept = ({ kind, verb }, response) => {
    if (kind !== 'services' || verb !== 'list' || empty === 0) return false;
    empty -= 1;
    response.writeHead(200).end(JSON.stringify({ metadata: { resourceVersion: fake.version }, items: null }));
    return true;
  };
  fake.goDown();
  addService(fake, 'shop/d');
  fake.compact();
  fake.comeBack();
  await observer.until('the new Service is told', ({ services }) => services.has('shop/d'));
  assert.equal(empty, 0);
  assert.equal(removals(observer), 0);

  for (const name of ['a', 'b', 'c']) fake.delete('services', `shop/${name}`);
  fake.compact();
  fake.breakWatches();
  await observer.until('what is gone twice is gone', ({ services }) => services.size === 1);
});

for (const [what, body] of [
  ['an object without a list', '{}'],
  ['an answer that is no JSON', '<html>gateway</html>'],
  ['a list without a version', '{"metadata":{},"items":[]}'],
  ['a list with an object that has no name', '{"metadata":{"resourceVersion":"1"},"items":[{"spec":{}}]}'],
] as const) {
  test(`${what} is a failure and deletes nothing`, async (t) => {
    const fake = await apiServer(t, 'shop/a');
    const observer = await synced(t, fake);
    let times = 1;
    fake.intercept = ({ verb }, response) => {
      if (verb !== 'list' || times === 0) return false;
      times -= 1;
      response.writeHead(200).end(body);
      return true;
    };
    fake.goDown();
    addService(fake, 'shop/b');
    fake.compact();
    fake.comeBack();
    await observer.until('it was told', () =>
      observer.events.some((event) => event.kind === 'degraded' && event.error?.code === 'EK_KUBE_ANSWER'),
    );
    await observer.until('the change is there', ({ services, error }) => services.has('shop/b') && error === undefined);
    assert.equal(removals(observer), 0);
  });
}

test('a watch goes on where the last one ended, without a list', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  const observer = await synced(t, fake);
  for (const name of ['shop/b', 'shop/c']) {
    fake.breakWatches();
    addService(fake, name);
    await observer.until('the new Service is told', ({ services }) => services.has(name));
  }
  assert.equal(fake.count('services', 'list'), 1);
  assert.equal(fake.count('endpointslices', 'list'), 1);
  assert.equal(degradations(observer), 0);
});

test('a bookmark is where the next watch begins', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  const observer = await synced(t, fake);
  for (const address of ['10.0.0.2', '10.0.0.3']) {
    // Changes of the other kind only: without a bookmark this watch falls behind what the server remembers.
    fake.apply('endpointslices', sliceObject('shop/a', 'x1', [{ address }]));
    fake.bookmark();
    fake.compact();
    const before = fake.count('services', 'watch');
    fake.endWatches();
    await fake.until(() => fake.count('services', 'watch') > before);
  }
  addService(fake, 'shop/b');
  await observer.until('the change is told', ({ services }) => services.has('shop/b'));
  assert.equal(fake.count('services', 'list'), 1);
  assert.equal(fake.count('endpointslices', 'list'), 1);
});

test('a server whose history went back is listed again, since it would be silent until it has caught up', async (t) => {
  const fake = await apiServer(t, 'shop/a', 'shop/b', 'shop/c');
  const observer = await synced(t, fake);
  fake.restore(50, () => fake.delete('services', 'shop/b'));
  fake.bookmark();
  await observer.until('the Service that is not there is gone', ({ services }) => !services.has('shop/b'));
  addService(fake, 'shop/d');
  await observer.until('what comes then is told', ({ services }) => services.has('shop/d'));
  assert.equal(removals(observer), 1);
});

test('after a restore a version that was seen may be of another content', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  const observer = await synced(t, fake);
  const restored = Number(fake.version);
  const isAt = (address: string) =>
    observer.until(`it is at ${address}`, () => addressesOf(observer, 'shop/a') === address);
  fake.apply('endpointslices', sliceObject('shop/a', 'x1', [{ address: '10.0.0.2' }]));
  await isAt('10.0.0.2');
  // Seen by the watches after it, so that the restored server is in a time before.
  addService(fake, 'shop/b');
  await observer.until('the other Service is told', ({ services }) => services.has('shop/b'));
  fake.goDown();
  fake.restore(restored, () => fake.delete('services', 'shop/b'));
  fake.delete('endpointslices', 'shop/b-x1');
  fake.restore(restored, () => {});
  fake.apply('endpointslices', sliceObject('shop/a', 'x1', [{ address: '10.0.0.3' }]));
  fake.intercept = ({ verb, query }, response) => {
    const asked = query.get('resourceVersion');
    if (verb !== 'watch' || Number(asked) <= Number(fake.version)) return false;
    sendStatus(response, 504, `Timeout: Too large resource version: ${asked}, current: ${fake.version}`);
    return true;
  };
  fake.comeBack();
  await isAt('10.0.0.3');
});

/** A server that answers each of the first requests of a kind for Services like this. */
function refuse(fake: FakeApiServer, kind: 'list' | 'watch', answers: ((response: ServerResponse) => void)[]): void {
  fake.intercept = (request, response) => {
    if (request.kind !== 'services' || request.verb !== kind) return false;
    const answer = answers.shift();
    answer?.(response);
    return answer !== undefined;
  };
}

/** The pauses that are made while it observes, in milliseconds; none of them is waited for. */
function pausesOf(): { readonly pauses: number[]; readonly clock: Clock } {
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => systemClock.now(),
    after: (delayMs, run) => {
      if (delayMs >= 1_000_000) pauses.push(delayMs);
      return systemClock.after(delayMs >= 1_000_000 ? 0 : delayMs, run);
    },
  };
  return { pauses, clock };
}

test('a server with too much to do is asked again when it says so', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  const { pauses, clock } = pausesOf();
  const busy = (seconds: string) => (response: ServerResponse) => {
    response.setHeader('retry-after', seconds);
    sendStatus(response, 429, 'too many requests');
  };
  refuse(fake, 'list', [busy('1000'), busy('999999999'), busy('soon'), busy('0')]);
  await synced(t, fake, { clock, random: () => 0, times: { maxRetryAfterMs: 2_000_000 } });
  assert.deepEqual(pauses, [1_000_000, 2_000_000]);
});

test('a watch that the server ends since it has too much to do is begun again where it was', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  const observer = await synced(t, fake);
  const object = { kind: 'Status', code: 429, message: 'too many requests', details: { retryAfterSeconds: 0 } };
  fake.writeToWatches(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  addService(fake, 'shop/b');
  await observer.until('the change is told', ({ services, error }) => services.has('shop/b') && error === undefined);
  assert.equal(fake.count('services', 'list') + fake.count('endpointslices', 'list'), 2);
  assert.ok(degradations(observer) > 0);
});

test('however much is wrong with a Service, a few of it is told and the rest counted', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  for (let index = 0; index < 30; index += 1) {
    const endpoints = Array.from({ length: 100 }, (_, at) => ({ address: `239.0.${index}.${at}` }));
    fake.apply('endpointslices', sliceObject('shop/a', `bad${index}`, endpoints));
  }
  const { services } = await synced(t, fake);
  const problems = services.get('shop/a')?.problems ?? [];
  assert.equal(problems.length, 21);
  assert.match(problems[0]!, /^EndpointSlice a-bad0 has "239\.0\.0\.0", which is multicast, .* and 97 more$/);
  assert.equal(problems[20], 'and 10 more of such problems');
});

test('a redirect is not followed, and named', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  refuse(fake, 'list', [(response) => response.writeHead(302, { location: 'https://login.example/' }).end()]);
  const observer = await synced(t, fake);
  const [first] = observer.events;
  assert.ok(first?.kind === 'degraded');
  assert.match(first.error?.message ?? '', /answered 302 .* it sends us to https:\/\/login\.example\//);
});

test('a version that the server does not know yet is as one that it has forgotten', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  const observer = await synced(t, fake);
  // Once of each kind: whichever comes back sooner must not have both refusals.
  const refused = new Set<string>();
  fake.intercept = ({ kind, verb, query }, response) => {
    if (verb !== 'watch' || refused.has(kind)) return false;
    refused.add(kind);
    sendStatus(response, 504, `Timeout: Too large resource version: ${query.get('resourceVersion')}, current: 7`);
    return true;
  };
  fake.breakWatches();
  await fake.until(() => fake.count('services', 'list') > 1 && fake.count('endpointslices', 'list') > 1);
  addService(fake, 'shop/b');
  await observer.until('the change is told', ({ services, error }) => services.has('shop/b') && error === undefined);
});

test('a watch that stands still is begun again', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  let stalled = 2;
  fake.intercept = ({ verb }, response) => {
    if (verb !== 'watch' || stalled === 0) return false;
    stalled -= 1;
    response.writeHead(200).flushHeaders();
    return true;
  };
  const observer = await synced(t, fake, { times: { idleMs: 50 } });
  addService(fake, 'shop/b');
  await observer.until('the change is told', ({ services }) => services.has('shop/b'));
  assert.equal(fake.count('services', 'list'), 1);
});

test('the server is asked to end watches, and to say where they are', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  await synced(t, fake, { times: { watchTimeoutMs: 60_000 }, random: () => 0.5 });
  const { query } = fake.requests.find(({ verb }) => verb === 'watch')!;
  assert.equal(query.get('timeoutSeconds'), '60');
  assert.equal(query.get('allowWatchBookmarks'), 'true');
  const { query: listed } = fake.requests.find(({ verb }) => verb === 'list')!;
  assert.equal(listed.get('resourceVersion'), null, 'an old list could lack what was seen before');
});

for (const [what, text] of [
  ['no JSON', 'what?\n'],
  ['an unknown event', '{"type":"RENAMED","object":{"metadata":{"name":"a","namespace":"b","resourceVersion":"3"}}}\n'],
  ['an event without an object', '{"type":"MODIFIED"}\n'],
] as const) {
  test(`a watch that says ${what} is given up: everything is listed again`, async (t) => {
    const fake = await apiServer(t, 'shop/a');
    const observer = await synced(t, fake);
    fake.writeToWatches(text);
    await fake.until(() => fake.count('services', 'list') > 1 && fake.count('endpointslices', 'list') > 1);
    addService(fake, 'shop/b');
    await observer.until('the change is told', ({ services, error }) => services.has('shop/b') && error === undefined);
    assert.equal(removals(observer), 0);
    assert.ok(degradations(observer) > 0);
  });
}

test('half a line before the connection breaks is nothing', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  const observer = await synced(t, fake);
  fake.writeToWatches('{"type":"DELETED","object":{"metadata":{"namespace":"shop","na');
  fake.breakWatches();
  addService(fake, 'shop/b');
  await observer.until('the change is told', ({ services }) => services.has('shop/b'));
  assert.equal(fake.count('services', 'list'), 1);
  assert.equal(removals(observer), 0);
});

test('watches that end as soon as they have begun are a failure, and become none', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  fake.intercept = ({ verb }, response) => {
    if (verb === 'watch') response.writeHead(200).end();
    return verb === 'watch';
  };
  const observer = await observe(t, fake, { times: { shortWatchMs: 60_000 } });
  await observer.until('it is told', ({ error }) => error?.code === 'EK_KUBE_ANSWER');
  fake.intercept = undefined;
  addService(fake, 'shop/b');
  await observer.until('it is over', ({ error, services }) => error === undefined && services.has('shop/b'));
});

test('while watches go on ending at once nothing is told to be over', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  fake.intercept = ({ kind, verb }, response) => {
    const ends = kind === 'services' && verb === 'watch';
    if (ends) response.writeHead(200).end();
    return ends;
  };
  const observer = await observe(t, fake, { times: { shortWatchMs: 60_000 } });
  await observer.until('it is told', ({ error }) => error?.code === 'EK_KUBE_ANSWER');
  const before = fake.count('services', 'watch');
  await fake.until(() => fake.count('services', 'watch') > before + 3);
  assert.ok(!observer.events.some((event) => event.kind === 'degraded' && event.error === undefined));
});

test('missing rights are named, and taking effect they are enough', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  fake.intercept = ({ kind, verb }, response) => {
    if (kind !== 'endpointslices' || verb !== 'watch') return false;
    sendStatus(response, 403, 'endpointslices.discovery.k8s.io is forbidden: User "x" cannot watch');
    return true;
  };
  const observer = await observe(t, fake, { namespaces: ['shop'] });
  await observer.until('it is told', ({ error }) => error !== undefined);
  const { code, message, hint } = observer.error!;
  assert.equal(code, 'EK_KUBE_FORBIDDEN');
  assert.match(
    message,
    /forbids to watch endpointslices\.discovery\.k8s\.io in namespace shop: .*User "x" cannot watch/,
  );
  assert.match(
    hint,
    /the verb watch on endpointslices \(API group "discovery\.k8s\.io"\) with a Role in namespace shop/,
  );
  fake.intercept = undefined;
  await observer.until('it is over', ({ error }) => error === undefined);
});

test('credentials that are not accepted are told as such', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  fake.intercept = (_request, response) => {
    sendStatus(response, 401, 'Unauthorized');
    return true;
  };
  const observer = await observe(t, fake);
  await observer.until('it is told', ({ error }) => error?.code === 'EK_KUBE_UNAUTHORIZED');
  assert.equal(observer.isSynced, false);
});

test('namespaces and labels restrict', async (t) => {
  const fake = await apiServer(t, 'shop/a', 'web/b', 'dark/c');
  fake.apply('services', serviceObject('web/d', {}, { labels: { team: 'x' } }));
  const observer = await synced(t, fake, { namespaces: ['shop', 'web'] });
  assert.deepEqual([...observer.services.keys()].sort(), ['shop/a', 'web/b', 'web/d']);
  assert.ok(fake.requests.every(({ namespace }) => namespace !== undefined && namespace !== 'dark'));

  const chosen = await synced(t, fake, { labelSelector: 'team=x' });
  assert.deepEqual([...chosen.services.keys()], ['web/d']);
});

test('a namespace that stays forbidden is given up, the others are told, and it follows once it may be read', async (t) => {
  const fake = await apiServer(t, 'shop/a', 'web/b', 'dark/c');
  let closed = true;
  fake.intercept = ({ namespace, kind }, response) => {
    if (namespace !== 'web' || kind !== 'endpointslices' || !closed) return false;
    sendStatus(response, 403, 'endpointslices.discovery.k8s.io is forbidden');
    return true;
  };
  const discovery = discoveryOf(fake, { namespaces: ['shop', 'web', 'dark'], forbiddenGraceMs: 50 });
  t.after(() => discovery.stop());
  const observer = new RecordingObserver();
  await discovery.start(observer);
  await observer.until('it is synced', ({ isSynced }) => isSynced);
  assert.deepEqual([...observer.services.keys()].sort(), ['dark/c', 'shop/a']);
  assert.match(observer.error!.message, /^the namespace web is not served: .*forbids to list endpointslices/);
  assert.match(observer.error!.hint, /Grant the verb list on endpointslices .* with a Role in namespace web/);
  assert.deepEqual(
    discovery.unserved().map(({ namespace, error }) => [namespace, error.code]),
    [['web', 'EK_KUBE_FORBIDDEN']],
  );
  assert.match(discovery.excludes({ namespace: 'web', name: 'b' })!, /^the namespace web is not served: .*forbids/);
  addService(fake, 'shop/later');
  await observer.until('a change elsewhere is told', ({ services }) => services.has('shop/later'));

  closed = false;
  await observer.until('it follows', ({ services, error }) => services.has('web/b') && error === undefined);
  assert.deepEqual([discovery.unserved(), removals(observer)], [[], 0]);
});

for (const how of ['watch', 'list'] as const) {
  test(`after an outage that kept the machines' reports away, endpoints are kept (by ${how}), until Kubernetes is believed`, async (t) => {
    const fake = await apiServer(t, 'shop/a');
    const outageTimes = { minMs: 0, doubtMs: 86_400_000 };
    let believe: () => void = assert.fail;
    const after: Clock['after'] = (delayMs, callback) => {
      if (delayMs < outageTimes.doubtMs / 2) return systemClock.after(delayMs, callback);
      believe = callback;
      return () => {};
    };
    const observer = await synced(t, fake, { clock: { ...systemClock, after }, outageTimes });
    const isReady = ({ services }: RecordingObserver) =>
      services.get('shop/a')?.ports[0]?.endpoints.every(({ conditions }) => conditions.ready);
    fake.goDown();
    await observer.until('the outage is told', ({ error }) => error !== undefined);
    fake.apply('endpointslices', sliceObject('shop/a', 'x1', [{ address: '10.0.0.1', ready: false }]));
    if (how === 'list') fake.compact();
    fake.comeBack();
    await observer.until('what is kept is told', ({ services }) => services.get('shop/a')?.problems !== undefined);
    assert.ok(isReady(observer));
    await observer.until('the outage is over', ({ error }) => error === undefined);
    assert.ok(isReady(observer));

    believe();
    assert.equal(isReady(observer), false);
    assert.equal(observer.services.get('shop/a')?.problems, undefined);
  });
}

test('where no namespace may be read, nothing is served, whatever the time', async (t) => {
  const fake = await apiServer(t, 'shop/a', 'web/b');
  fake.intercept = (_request, response) => {
    sendStatus(response, 403, 'no');
    return true;
  };
  const observer = await observe(t, fake, { namespaces: ['shop', 'web'], forbiddenGraceMs: 20 });
  await observer.until('it is told', ({ error }) =>
    /^the namespaces shop, web are not served/.test(`${error?.message}`),
  );
  assert.equal(observer.isSynced, false);
  fake.intercept = undefined;
  await observer.until('it is synced', ({ isSynced, services }) => isSynced && services.size === 2);
});

test('every list and watch is told of, with the reason', async (t) => {
  const fake = await apiServer(t, 'shop/a');
  let silent = false;
  fake.intercept = ({ kind, verb }, response) => {
    if (kind !== 'services' || verb !== 'watch' || !silent) return false;
    silent = false;
    response.writeHead(200).flushHeaders();
    return true;
  };
  const observer = await synced(t, fake, { times: { idleMs: 200 } });
  const told = (what: string) => observer.until(what, ({ readings }) => readings.includes(what));
  await told('watch services: listed');
  assert.equal(
    observer.readings.find((what) => what.includes(' services')),
    'list services: start',
  );
  fake.endWatches();
  await told('watch services: ended');
  silent = true;
  fake.endWatches();
  await told('watch services: silent');
  fake.goDown();
  fake.apply('services', serviceObject('shop/b'));
  fake.compact();
  await told('watch services: failed');
  fake.comeBack();
  await told('list services: expired');
});

test('nothing is told before every namespace was listed', async (t) => {
  const fake = await apiServer(t, 'shop/a', 'web/b');
  let closed = true;
  fake.intercept = ({ namespace, kind }, response) => {
    if (namespace !== 'web' || kind !== 'endpointslices' || !closed) return false;
    sendStatus(response, 403, 'no');
    return true;
  };
  const observer = await observe(t, fake, { namespaces: ['shop', 'web'] });
  await observer.until('a failure is told', ({ error }) => error !== undefined);
  assert.equal(observer.services.size, 0);
  closed = false;
  await observer.until('it is synced', ({ isSynced }) => isSynced);
  assert.equal(observer.services.size, 2);
});
