import { both, type Check, delta, sotw } from '../check.ts';
import { CheckFailure } from '../outcome.ts';
import { type Kind, kinds, ofEachKind, resource, typeUrlOf } from '../resources.ts';

const roots: readonly Kind[] = ['LDS', 'CDS'];
const incremental =
  'the Incremental xDS client may tell the server of its known resources to avoid resending them over the network by sending them in initial_resource_versions';

/** What responses carry as resources come, change and go, also while a client is away. */
export const stateChecks: readonly Check[] = [
  ...sotw(
    'full-state',
    {
      paragraph: 'grouping',
      level: 'MUST',
      title: 'a response of listeners or clusters has all of them, also those that did not change',
      rule: 'the server must include the complete state of the world, meaning that all resources of the relevant type that are needed by the client must be included, even if they did not change since the last response',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        await stream.obtain(kind, 'a', 'b');
        await scene.set(resource(kind, 'a', 2));
        const { resources } = await stream.nextOf(kind, 'a', 2);
        if (!resources.some(({ name }) => name === 'b')) {
          throw new CheckFailure(`${kind}: the change of a came without b, which means that b is deleted`);
        }
      }
    },
  ),
  ...delta(
    'only-changed',
    {
      paragraph: 'incremental',
      level: 'SHOULD',
      title: 'a change is sent without what did not change',
      rule: 'Rather than deliver all 100k clusters when a single cluster is modified, the management server only needs to deliver the single cluster that changed.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a', 'b'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        await stream.obtain(kind, 'a', 'b');
        await scene.set(resource(kind, 'a', 2));
        const { resources } = await stream.nextOf(kind, 'a', 2);
        if (resources.length > 1) throw new CheckFailure(`${kind}: a changed, and b was sent with it`);
      }
    },
  ),
  ...both(
    'others-changes',
    {
      paragraph: 'update',
      level: 'SHOULD',
      title: 'the change of a resource is nothing to a client that did not ask for it',
      rule: 'The management server should only send updates to the Envoy client when the resources in the DiscoveryResponse have changed.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a', 'b'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        await stream.obtain(kind, 'a');
      }
      for (const kind of kinds) {
        await scene.set(resource(kind, 'b', 2));
        await scene.nothing(stream, `${kind}: b changed, which the client did not ask for`);
      }
    },
  ),
  ...sotw(
    'deleted',
    {
      paragraph: 'deleting',
      level: 'MUST',
      title: 'a listener or cluster that is gone is missing in a new response, the last one in an empty one',
      rule: 'if a previously seen resource is not present in a new response, that indicates that the resource has been removed …; a response containing no resources means to delete all resources of that type',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        stream.subscribeToAll(kind);
        await stream.holds(kind, { a: 1, b: 1 });
        await scene.remove(resource(kind, 'b'));
        await stream.holds(kind, { a: 1 });
        await scene.remove(resource(kind, 'a'));
        await stream.holds(kind, {});
      }
    },
  ),
  ...delta(
    'removed',
    {
      paragraph: 'deleting',
      level: 'MUST',
      title: 'a resource that is gone is named in removed_resources',
      rule: 'In the incremental protocol variants, the server signals the client that a resource should be deleted via the removed_resources field of the response.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a', 'b'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        await stream.obtain(kind, 'a', 'b');
        await scene.remove(resource(kind, 'b'));
        await stream.holds(kind, { a: 1 });
      }
    },
  ),
  ...delta(
    'missing-named',
    {
      paragraph: 'missing',
      level: 'MUST',
      title: 'a name that does not exist is answered in removed_resources',
      rule: "When a resource subscribed to by a client does not exist, the server will send a DeltaDiscoveryResponse message that contains that resource's name in the removed_resources field.",
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        stream.subscribe(kind, 'missing');
        const what = `${kind}: a name that does not exist was not answered as removed`;
        await stream.nextWith(kind, ({ removed }) => removed.includes('missing'), what);
      }
    },
  ),
  ...both(
    'created-later',
    {
      paragraph: 'missing',
      level: 'MUST',
      title: 'what does not exist when it is asked for is sent when it does',
      rule: 'Management servers must remember the set of resources being requested by the client, and if one of those resources springs into existence later, the server must send an update to the client informing it of the new resource.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        stream.subscribe(kind, 'a', 'later');
        await stream.nextOf(kind, 'a');
        await scene.settled(stream);
        await scene.set(resource(kind, 'later'));
        await stream.holds(kind, { a: 1, later: 1 });
      }
    },
  ),
  ...both(
    'deleted-and-back',
    {
      paragraph: 'missing',
      level: 'MUST',
      title: 'what was deleted and comes back, the same as it was, is sent',
      rule: 'even if a requested resource does not exist at the moment when the client requests it, that resource could be created at any time',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        await stream.obtain(kind, 'a', 'b');
        await scene.remove(resource(kind, 'b'));
        await stream.holds(kind, { a: 1 });
        await scene.set(resource(kind, 'b'));
        await stream.holds(kind, { a: 1, b: 1 });
      }
    },
  ),
  ...sotw(
    'reconnect-new-name',
    {
      paragraph: 'ack',
      level: 'MUST',
      title: 'a client that comes back with its version and one name more is sent what is new to it',
      rule: 'Servers may decide to optimize by not resending resources that the client had already seen on the previous stream, but only if they know that the client is not subscribing to a new resource that it was not previously subscribed to.',
    },
    async (scene, variant) => {
      for (const kind of kinds) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const before = scene.open(variant);
        await before.obtain(kind, 'a');
        const { version } = before.versionsOf(kind);
        before.cancel();
        const stream = scene.open(variant);
        stream.resume(kind, ['a', 'b'], { version });
        await stream.nextOf(kind, 'b');
      }
    },
  ),
  ...both(
    'reconnect-change',
    {
      paragraph: 'ack',
      level: 'MUST',
      title: 'a client that comes back with its version is sent what changed meanwhile and afterwards',
      rule: 'the version for a resource type is not a property of an individual xDS stream but rather a property of the resources themselves',
    },
    async (scene, variant) => {
      for (const kind of kinds) {
        await scene.set(resource(kind, 'a'));
        const before = scene.open(variant);
        await before.obtain(kind, 'a');
        const { version, byName } = before.versionsOf(kind);
        before.cancel();
        await scene.set(resource(kind, 'a', 2));
        const stream = scene.open(variant);
        stream.resume(kind, ['a'], { version, byName });
        await stream.nextOf(kind, 'a', 2);
        await scene.set(resource(kind, 'a', 3));
        await stream.nextOf(kind, 'a', 3);
      }
    },
  ),
  ...delta(
    'reconnect-same',
    {
      paragraph: 'incremental',
      level: 'SHOULD',
      title: 'a client that comes back is not sent what it has, by its initial_resource_versions',
      rule: incremental,
    },
    async (scene, variant) => {
      for (const kind of kinds) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const before = scene.open(variant);
        await before.obtain(kind, 'a', 'b');
        const { byName } = before.versionsOf(kind);
        before.cancel();
        const stream = scene.open(variant);
        stream.resume(kind, ['a', 'b'], { byName });
        await scene.settled(stream);
        const sent = stream.received.flatMap(({ typeUrl, resources }) =>
          typeUrl === typeUrlOf[kind] ? resources : [],
        );
        if (sent.length > 0)
          throw new CheckFailure(`${kind}: ${sent.map(({ name }) => name)} came although the client has it`);
      }
    },
  ),
  ...delta(
    'reconnect-gone',
    {
      paragraph: 'incremental',
      level: 'MUST',
      title: 'a client that comes back is told what is gone of its initial_resource_versions',
      rule: `${incremental}; the server signals the client that a resource should be deleted via the removed_resources field`,
    },
    async (scene, variant) => {
      for (const [kind, names] of [
        ['CDS', ['*']],
        ['EDS', ['a', 'gone']],
      ] as const) {
        await scene.set(resource(kind, 'a'), resource(kind, 'gone'));
        const before = scene.open(variant);
        before.subscribe(kind, ...names);
        await before.holds(kind, { a: 1, gone: 1 });
        const { byName } = before.versionsOf(kind);
        before.cancel();
        await scene.remove(resource(kind, 'gone'));
        const stream = scene.open(variant);
        stream.resume(kind, names, { byName });
        const what = `${kind}: the resource that is gone was not named as removed`;
        await stream.nextWith(kind, ({ removed }) => removed.includes('gone'), what);
      }
    },
  ),
];
