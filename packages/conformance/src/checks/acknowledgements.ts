import { both, type Check, delta, sotw } from '../check.ts';
import { CheckFailure } from '../outcome.ts';
import { kinds, ofEachKind, resource, typeUrlOf } from '../resources.ts';

const onlyChanges =
  'The management server should only send updates to the Envoy client when the resources in the DiscoveryResponse have changed.';

/** What is acknowledged and rejected, versions and nonces. */
export const acknowledgementChecks: readonly Check[] = [
  ...both(
    'nonces',
    {
      paragraph: 'overview',
      level: 'MUST',
      title: 'every response has a nonce, and another one than those before it',
      rule: 'All server responses will contain a nonce, and all subsequent requests from the client must set the response_nonce field to the most recent nonce received from the server on that stream.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        stream.subscribe(kind, 'a');
        await stream.nextOf(kind, 'a');
        await scene.set(resource(kind, 'a', 2));
        await stream.nextOf(kind, 'a', 2);
        const nonces = stream.received.filter(({ typeUrl }) => typeUrl === typeUrlOf[kind]).map(({ nonce }) => nonce);
        if (nonces.includes('')) throw new CheckFailure(`a response of ${kind} has no nonce`);
        if (new Set(nonces).size < nonces.length) {
          throw new CheckFailure(`two responses of ${kind} have one nonce: ${nonces.join(', ')}`);
        }
      }
    },
  ),
  ...both(
    'node-once',
    {
      paragraph: 'overview',
      level: 'MUST',
      title: 'a request without a node is of the node that the first one named',
      rule: 'Only the first request on a stream is guaranteed to carry the node identifier.',
    },
    async (scene, variant) => {
      await scene.set(resource('CDS', 'a'), resource('LDS', 'a'));
      const stream = scene.open(variant);
      stream.subscribe('CDS', 'a');
      await stream.nextOf('CDS', 'a');
      stream.subscribe('LDS', 'a');
      await stream.nextOf('LDS', 'a');
    },
  ),
  ...both(
    'change-sent',
    {
      paragraph: 'overview',
      level: 'MUST',
      title: 'a change at the server is sent to those who asked for it, in time',
      rule: 'The server will then send a DiscoveryResponse containing any resources that the client has subscribed to that have changed since the last resource type instance version that the client indicated it has seen. The server may send additional responses at any time when the subscribed resources change.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        await stream.obtain(kind, 'a');
        for (const generation of [2, 3]) {
          await scene.set(resource(kind, 'a', generation));
          await stream.holds(kind, { a: generation });
        }
      }
    },
  ),
  ...sotw(
    'version-changes',
    {
      paragraph: 'ack',
      level: 'MUST',
      title: 'a change of a resource changes the version of its type',
      rule: 'Whenever one resource of that type changes, the version is changed.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        stream.subscribe(kind, 'a');
        const before = await stream.nextOf(kind, 'a', 1);
        await scene.set(resource(kind, 'a', 2));
        const after = await stream.nextOf(kind, 'a', 2);
        if (after.version === before.version) {
          throw new CheckFailure(`${kind} was "${before.version}" before the change and after it`);
        }
      }
    },
  ),
  ...delta(
    'resource-version-changes',
    {
      paragraph: 'incremental',
      level: 'SHOULD',
      title: 'a resource that changes has another version of its own, where it has one',
      rule: 'the Incremental xDS client may tell the server of its known resources to avoid resending them over the network by sending them in initial_resource_versions',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        stream.subscribe(kind, 'a');
        const before = await stream.nextOf(kind, 'a', 1);
        await scene.set(resource(kind, 'a', 2));
        const after = await stream.nextOf(kind, 'a', 2);
        const [old, current] = [before, after].map(
          ({ resources }) => resources.find(({ name }) => name === 'a')!.version,
        );
        // Nothing asks a server for versions: one without them sends all again when a client comes back.
        if (current !== '' && current === old) throw new CheckFailure(`${kind}: a was "${old}" and is "${current}"`);
      }
    },
  ),
  ...both(
    'types-apart',
    {
      paragraph: 'update',
      level: 'SHOULD',
      title: 'a change of one type sends nothing of the others',
      rule: onlyChanges,
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        await stream.obtain(kind, 'a');
      }
      await scene.nothing(stream, 'all was acknowledged');
      await scene.set(resource('EDS', 'a', 2));
      await stream.nextOf('EDS', 'a', 2);
      await scene.nothing(stream, 'only EDS changed');
    },
  ),
  ...both(
    'ack-quiet',
    {
      paragraph: 'update',
      level: 'SHOULD',
      title: 'an ACK is not answered',
      rule: onlyChanges,
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      for (const kind of kinds) {
        const stream = scene.open(variant);
        await stream.obtain(kind, 'a');
        await scene.nothing(stream, `${kind} was acknowledged, and nothing changed`);
      }
    },
  ),
  ...both(
    'nack-quiet',
    {
      paragraph: 'update',
      level: 'SHOULD',
      title: 'a rejected update is not sent again as long as it is the same',
      rule: onlyChanges,
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      for (const kind of kinds) {
        const stream = scene.open(variant);
        await stream.obtain(kind, 'a');
        await scene.settled(stream);
        await scene.set(resource(kind, 'a', 2));
        stream.nack(await stream.next(kind));
        await scene.nothing(stream, `${kind} was rejected, and nothing changed`);
      }
    },
  ),
  ...both(
    'nack-first-quiet',
    {
      paragraph: 'update',
      level: 'SHOULD',
      title: 'a first response that is rejected is not sent again as long as it is the same',
      rule: onlyChanges,
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      for (const kind of kinds) {
        const stream = scene.open(variant);
        stream.subscribe(kind, 'a');
        stream.nack(await stream.next(kind));
        await scene.nothing(stream, `the first ${kind} was rejected, and nothing changed`);
      }
    },
  ),
  ...both(
    'nack-then-good',
    {
      paragraph: 'ack',
      level: 'MUST',
      title: 'after a rejected update the next one is sent',
      rule: 'After a NACK, an API update may succeed at a new version Y.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      for (const kind of kinds) {
        const stream = scene.open(variant);
        stream.subscribe(kind, 'a');
        stream.nack(await stream.next(kind));
        await scene.settled(stream);
        await scene.set(resource(kind, 'a', 2));
        await stream.nextOf(kind, 'a', 2);
      }
    },
  ),
  ...both(
    'nack-other-types',
    {
      paragraph: 'ads',
      level: 'MUST',
      title: 'a rejected update keeps no other type from its own',
      rule: 'With ADS, a single stream is used with multiple independent DiscoveryRequest/DiscoveryResponse sequences multiplexed via the type URL.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a'));
      const stream = scene.open(variant);
      await stream.obtain('EDS', 'a');
      stream.subscribe('LDS', 'a');
      stream.nack(await stream.next('LDS'));
      await scene.settled(stream);
      await scene.set(resource('EDS', 'a', 2));
      await stream.holds('EDS', { a: 2 });
    },
  ),
  ...sotw(
    'stale-nonce',
    {
      paragraph: 'nonces',
      level: 'SHOULD',
      title: 'a request with the nonce of an earlier response is not answered',
      rule: 'The management server should not send a DiscoveryResponse for any DiscoveryRequest that has a stale nonce.',
    },
    async (scene, variant) => {
      for (const kind of kinds) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        stream.subscribe(kind, 'a');
        const first = await stream.nextOf(kind, 'a', 1);
        await scene.set(resource(kind, 'a', 2));
        const second = await stream.next(kind);
        stream.send({ typeUrl: typeUrlOf[kind], names: ['a', 'b'], nonce: first.nonce, version: first.version });
        await scene.nothing(stream, `the request of ${kind} had a stale nonce`);
        stream.ack(second);
      }
    },
  ),
  ...delta(
    'stale-nonce-heard',
    {
      paragraph: 'incremental',
      level: 'MUST',
      title: 'a change of the subscription counts although its nonce is stale',
      rule: 'the server must honor changes to the subscription state even if the nonce is stale',
    },
    async (scene, variant) => {
      for (const kind of kinds) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        stream.subscribe(kind, 'a');
        const first = await stream.nextOf(kind, 'a', 1);
        await scene.set(resource(kind, 'a', 2));
        await stream.nextOf(kind, 'a', 2);
        stream.send({ typeUrl: typeUrlOf[kind], subscribe: ['b'], nonce: first.nonce });
        const hasB = ({ resources }: typeof first): boolean => resources.some(({ name }) => name === 'b');
        await stream.nextWith(kind, hasB, `b of ${kind} was asked for, with a stale nonce, and did not come`);
      }
    },
  ),
  ...sotw(
    'same-names-quiet',
    {
      paragraph: 'update',
      level: 'SHOULD',
      title: 'a request that asks for what the client has is not answered',
      rule: onlyChanges,
    },
    async (scene, variant) => {
      for (const kind of kinds) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        await stream.obtain(kind, 'a', 'b');
        stream.subscribe(kind, 'a');
        await scene.nothing(stream, `the names of ${kind} were the same as before`);
      }
    },
  ),
  ...both(
    'streams-apart',
    {
      paragraph: 'overview',
      level: 'MUST',
      title: 'what one stream asks for, rejects and ends is nothing to another one',
      rule: 'Note that the nonce is valid only in the context of an individual xDS stream; it does not survive stream restarts.',
    },
    async (scene, variant) => {
      await scene.set(resource('CDS', 'a'), resource('CDS', 'b'));
      const [one, other] = [scene.open(variant), scene.open(variant)];
      await one.obtain('CDS', 'a');
      other.subscribe('CDS', 'b');
      other.nack(await other.next('CDS'));
      await scene.settled(other);
      await scene.set(resource('CDS', 'a', 2));
      await one.holds('CDS', { a: 2 });
      other.cancel();
      await scene.set(resource('CDS', 'a', 3));
      await one.holds('CDS', { a: 3 });
    },
  ),
];
