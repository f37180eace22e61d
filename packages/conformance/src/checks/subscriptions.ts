import { both, type Check, delta, sotw } from '../check.ts';
import { CheckFailure } from '../outcome.ts';
import { type Kind, kinds, ofEachKind, resource } from '../resources.ts';

const roots: readonly Kind[] = ['LDS', 'CDS'];
const wildcardLegacy =
  'if the client sends a request for a given resource type but has never explicitly subscribed to any resource names …, the server should treat that identically to how it would treat the client having explicitly subscribed to "*"';

/** Which resources a client is sent: names, and everything. */
export const subscriptionChecks: readonly Check[] = [
  ...both(
    'by-name',
    {
      paragraph: 'names',
      level: 'MUST',
      title: 'what is asked for by name is sent, though the server has more',
      rule: 'The management server must supply the requested resources if they exist.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a', 'b'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        await stream.obtain(kind, 'a');
      }
    },
  ),
  ...both(
    'several-names',
    {
      paragraph: 'multiple',
      level: 'SHOULD',
      title: 'several names in one request are all served',
      rule: 'management servers should be capable of handling one or more resource_names for a given resource type in each request',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a', 'b'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        await stream.obtain(kind, 'a', 'b');
      }
    },
  ),
  ...both(
    'names-added',
    {
      paragraph: 'names',
      level: 'MUST',
      title: 'a name that is added is served, though nothing has changed at the server',
      rule: 'When the client sends a new request that changes the set of resources being requested, the server must resend any newly requested resources, even if it previously sent those resources without having been asked for them and the resources have not changed since that time.',
    },
    async (scene, variant) => {
      await scene.set(...ofEachKind('a', 'b'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        await stream.obtain(kind, 'a');
        stream.subscribe(kind, 'b');
        await stream.holds(kind, { a: 1, b: 1 });
      }
    },
  ),
  ...both(
    'subscribed-again',
    {
      paragraph: 'names',
      level: 'MUST',
      title: 'a name that is given up and asked for again is sent again, unchanged as it is',
      rule: 'When the client sends a new request that changes the set of resources being requested, the server must resend any newly requested resources, even if … the resources have not changed since that time.',
    },
    async (scene, variant) => {
      for (const kind of kinds) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        await stream.obtain(kind, 'a', 'b');
        stream.unsubscribe(kind, 'b');
        // To a state of the world that has shrunk, a full one is a right answer; it is no answer to what is asked next.
        await scene.settled(stream);
        stream.subscribe(kind, 'b');
        await stream.nextOf(kind, 'b');
      }
    },
  ),
  ...both(
    'wildcard-legacy',
    {
      paragraph: 'names',
      level: 'SHOULD',
      title: 'a first request without names is answered with everything, and what comes later',
      rule: wildcardLegacy,
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        stream.subscribeToAll(kind);
        await stream.holds(kind, { a: 1, b: 1 });
        await scene.set(resource(kind, 'c'));
        await stream.holds(kind, { a: 1, b: 1, c: 1 });
      }
    },
  ),
  ...both(
    'wildcard-star',
    {
      paragraph: 'names',
      level: 'MUST',
      title: '"*" is answered with everything, and what comes later',
      rule: 'there is also a "wildcard" subscription, which is triggered when subscribing to the special name "*"',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        stream.subscribe(kind, '*');
        await stream.holds(kind, { a: 1, b: 1 });
        await scene.set(resource(kind, 'c'));
        await stream.holds(kind, { a: 1, b: 1, c: 1 });
      }
    },
  ),
  ...both(
    'wildcard-kept',
    {
      paragraph: 'names',
      level: 'SHOULD',
      title: 'the wildcard stays when a name is added to it',
      rule: 'Server interprets this as continuing the existing subscription to "*" and adding a new subscription to "A".',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'));
        const stream = scene.open(variant);
        stream.subscribeToAll(kind);
        await stream.holds(kind, { a: 1 });
        stream.subscribe(kind, 'a');
        await scene.settled(stream);
        await scene.set(resource(kind, 'c'));
        await stream.nextOf(kind, 'c');
      }
    },
  ),
  ...both(
    'wildcard-ended',
    {
      paragraph: 'names',
      level: 'SHOULD',
      title: 'the wildcard ends when it is given up; what was named beside it stays',
      rule: 'Server interprets this as unsubscribing to "*" and continuing the existing subscription to "A".',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        stream.subscribe(kind, '*', 'a');
        await stream.holds(kind, { a: 1, b: 1 });
        stream.unsubscribe(kind, '*');
        await scene.settled(stream);
        const before = stream.received.length;
        await scene.set(resource(kind, 'c'));
        await scene.set(resource(kind, 'a', 2));
        await stream.nextOf(kind, 'a', 2);
        const sent = stream.received.slice(before).flatMap(({ resources }) => resources.map(({ name }) => name));
        if (sent.includes('c')) throw new CheckFailure(`${kind}: c was sent, which only "*" would have asked for`);
      }
    },
  ),
  ...both(
    'names-emptied',
    {
      paragraph: 'names',
      level: 'SHOULD',
      title: 'a list of names that becomes empty asks for nothing, not for everything',
      rule: 'once the client does explicitly subscribe to a resource name …, clearing the list of subscribed resources is interpretted as an unsubscription … rather than as a subscription to "*"',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'));
        const stream = scene.open(variant);
        await stream.obtain(kind, 'a');
        stream.unsubscribe(kind, 'a');
        await scene.settled(stream);
        const before = stream.received.length;
        await scene.set(resource(kind, 'b'));
        await scene.settled(stream);
        const sent = stream.received.slice(before).find(({ resources }) => resources.some(({ name }) => name === 'b'));
        if (sent !== undefined) throw new CheckFailure(`${kind}: b was sent to a client that had given up all names`);
      }
    },
  ),
  ...both(
    'unsubscribed',
    {
      paragraph: 'unsubscribing',
      level: 'SHOULD',
      title: 'what is no longer asked for is not sent when it changes',
      rule: 'unsubscribing to a set of resources is done by sending a new request containing all resource names that are still being subscribed to but not containing the resource names being unsubscribed to',
    },
    async (scene, variant) => {
      for (const kind of kinds) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        await stream.obtain(kind, 'a', 'b');
        stream.unsubscribe(kind, 'b');
        await scene.settled(stream);
        await scene.set(resource(kind, 'b', 2));
        await scene.set(resource(kind, 'a', 2));
        await stream.nextOf(kind, 'a', 2);
        const sent = stream.received.some(({ resources }) =>
          resources.some(({ name, generation }) => name === 'b' && generation === 2),
        );
        if (sent) throw new CheckFailure(`${kind}: the change of b was sent, which had been unsubscribed from`);
      }
    },
  ),
  ...both(
    'no-duplicates',
    {
      paragraph: 'duplicates',
      level: 'MUST',
      title: 'no response has a name twice, though "*" and the name both ask for it',
      rule: 'It is an error for a server to send a single response that contains the same resource name twice.',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        stream.subscribe(kind, '*', 'a');
        // Whether "*" is understood is another check's matter.
        await stream.nextOf(kind, 'a');
        await scene.settled(stream);
        for (const { resources } of stream.received) {
          const names = resources.map(({ name }) => name);
          if (new Set(names).size < names.length)
            throw new CheckFailure(`${kind}: one response has ${names.join(', ')}`);
        }
      }
    },
  ),
  ...sotw(
    'names-while-waiting',
    {
      paragraph: 'update',
      level: 'MUST',
      title: 'of two requests that follow each other the later one counts',
      rule: 'Within a stream, new DiscoveryRequests supersede any prior DiscoveryRequests having the same resource type.',
    },
    async (scene, variant) => {
      await scene.set(resource('EDS', 'a'), resource('EDS', 'b'));
      const stream = scene.open(variant);
      stream.subscribe('EDS', 'a');
      stream.subscribe('EDS', 'b');
      await stream.holds('EDS', { a: 1, b: 1 });
    },
  ),
  ...delta(
    'sent-again',
    {
      paragraph: 'deltaSubscribing',
      level: 'MUST',
      title: 'a name that is subscribed to already, and subscribed to again, is sent again',
      rule: 'the server must still provide those resources in the response; due to implementation details hidden from the server, the client may have "forgotten" those resources despite apparently remaining subscribed',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'), resource(kind, 'b'));
        const stream = scene.open(variant);
        await stream.obtain(kind, 'a', 'b');
        stream.subscribe(kind, 'a');
        await stream.nextOf(kind, 'a');
      }
    },
  ),
  ...delta(
    'phantom-unsubscription',
    {
      paragraph: 'deltaUnsubscribing',
      level: 'MUST',
      title: 'to unsubscribe from what was not subscribed to does no harm',
      rule: 'The server must cleanly process such a request; it can simply ignore these phantom unsubscriptions.',
    },
    async (scene, variant) => {
      await scene.set(resource('CDS', 'a'));
      const stream = scene.open(variant);
      await stream.obtain('CDS', 'a');
      stream.unsubscribe('CDS', 'phantom');
      await scene.settled(stream);
      await scene.set(resource('CDS', 'a', 2));
      await stream.holds('CDS', { a: 2 });
    },
  ),
  ...delta(
    'named-under-wildcard',
    {
      paragraph: 'deltaUnsubscribing',
      level: 'MUST',
      title: 'a name that is given up under a wildcard is answered: with the resource, or as removed',
      rule: 'the server must send a response that includes the specific resource in either the removed_resources field (if it is not included in the wildcard) or in the resources field (if it is included in the wildcard)',
    },
    async (scene, variant) => {
      for (const kind of roots) {
        await scene.set(resource(kind, 'a'));
        const stream = scene.open(variant);
        stream.subscribe(kind, '*', 'a', 'missing');
        await stream.nextOf(kind, 'a');
        await scene.settled(stream);
        stream.unsubscribe(kind, 'a');
        await stream.nextOf(kind, 'a');
        stream.unsubscribe(kind, 'missing');
        const what = `${kind}: the name was given up and not answered as removed`;
        await stream.nextWith(kind, ({ removed }) => removed.includes('missing'), what);
      }
    },
  ),
  ...sotw(
    'grpc-channel',
    {
      paragraph: 'a27',
      level: 'MUST',
      title: 'a gRPC channel gets from its listener to its endpoints, name by name',
      rule: 'Note that this means that the resource returned by the xDS server must have exactly the name specified by the client.',
    },
    async (scene, variant) => {
      const names = {
        LDS: 'shop.example:8080',
        RDS: 'route/of shop',
        CDS: 'xds-cluster_1',
        EDS: 'xds-cluster_1',
      } as const;
      await scene.set(
        resource('LDS', names.LDS, 1, names.RDS),
        resource('RDS', names.RDS, 1, names.CDS),
        ...(['CDS', 'EDS'] as const).map((kind) => resource(kind, names[kind])),
      );
      const stream = scene.open(variant, 'gRPC Go');
      for (const kind of ['LDS', 'RDS', 'CDS', 'EDS'] as const) {
        stream.subscribe(kind, names[kind]);
        await stream.holds(kind, { [names[kind]]: 1 });
      }
    },
  ),
  ...sotw(
    'no-other-routes',
    {
      paragraph: 'a27',
      level: 'SHOULD',
      title: 'a response of routes has only the route that was asked for',
      rule: 'Because we are requesting one specific resource by name, the RDS response should include no more than one RouteConfiguration.',
    },
    async (scene, variant) => {
      await scene.set(resource('RDS', 'a'), resource('RDS', 'b'));
      const stream = scene.open(variant, 'gRPC Go');
      stream.subscribe('RDS', 'a');
      const { resources } = await stream.nextOf('RDS', 'a');
      if (resources.length > 1) throw new CheckFailure(`asked for a, it sent ${resources.map(({ name }) => name)}`);
    },
  ),
  ...both(
    'unknown-type',
    {
      paragraph: 'methods',
      level: 'SHOULD',
      title: 'a type that the server does not have does not end the others',
      rule: 'each resource type is treated as a separate logical stream within the aggregated stream',
    },
    async (scene, variant) => {
      await scene.set(resource('CDS', 'a'));
      const stream = scene.open(variant);
      await stream.obtain('CDS', 'a');
      const typeUrl = 'type.googleapis.com/envoy.service.runtime.v3.Runtime';
      stream.send({ typeUrl, names: ['a'], subscribe: ['a'] });
      await scene.settled(stream);
      await scene.set(resource('CDS', 'a', 2));
      await stream.holds('CDS', { a: 2 });
    },
  ),
];
