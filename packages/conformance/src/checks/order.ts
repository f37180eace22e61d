import { both, type Check } from '../check.ts';
import { CheckFailure } from '../outcome.ts';
import { kindOf, kinds, ofEachKind, resource } from '../resources.ts';

/** So many changes, for servers that send in an order of chance. */
const rounds = 16;

/** In which order types are sent: make before break, and warming. */
export const orderChecks: readonly Check[] = [
  ...both(
    'make-before-break',
    {
      paragraph: 'order',
      level: 'SHOULD',
      title: 'one change that brings one of each is sent as clusters, endpoints, listeners, routes',
      rule: 'In general, to avoid traffic drop, sequencing of updates should follow a make before break model: CDS updates (if any) must always be pushed first; EDS updates … after CDS updates …; LDS updates … after corresponding CDS/EDS updates; RDS updates … after CDS/EDS/LDS updates.',
    },
    async (scene, variant) => {
      // New ones each time: "xDS updates can be pushed independently if no new clusters/routes/listeners are added".
      const names = Array.from({ length: rounds }, (_, round) => `new-${round}`);
      await scene.set(...ofEachKind('a'));
      const stream = scene.open(variant);
      for (const kind of kinds) {
        stream.subscribe(kind, 'a', ...names);
        await stream.nextOf(kind, 'a');
      }
      await scene.settled(stream);
      for (const name of names) {
        const before = stream.received.length;
        // Given the other way round, so that the order is not the driver's.
        await scene.set(...kinds.toReversed().map((kind) => resource(kind, name)));
        await Promise.all(kinds.map((kind) => stream.nextOf(kind, name)));
        const order = stream.received
          .slice(before)
          .filter(({ resources }) => resources.some((one) => one.name === name))
          .map(({ typeUrl }) => kindOf(typeUrl)!)
          .filter((kind, index, all) => all.indexOf(kind) === index);
        if (order.join() !== kinds.join()) throw new CheckFailure(`it was sent as ${order.join(', ')}`);
      }
    },
  ),
  ...both(
    'stale-cluster-last',
    {
      paragraph: 'order',
      level: 'SHOULD',
      title: 'a cluster that a route led to is taken away after the route that leads elsewhere',
      rule: 'Stale CDS clusters and related EDS endpoints (ones no longer being referenced) can then be removed.',
    },
    async (scene, variant) => {
      await scene.set(resource('CDS', 'old'), resource('RDS', 'a', 1, 'old'));
      const stream = scene.open(variant);
      stream.subscribeToAll('CDS');
      await stream.holds('CDS', { old: 1 });
      await stream.obtain('RDS', 'a');
      await scene.settled(stream);
      const before = stream.received.length;
      await scene.change([resource('CDS', 'new'), resource('RDS', 'a', 2, 'new')], [resource('CDS', 'old')]);
      await Promise.all([stream.holds('CDS', { new: 1 }), stream.nextOf('RDS', 'a', 2)]);
      const after = stream.received.slice(before);
      const route = after.findIndex(
        ({ typeUrl, resources }) => kindOf(typeUrl) === 'RDS' && resources.some(({ target }) => target === 'new'),
      );
      const gone = after.findIndex(
        ({ typeUrl, resources, removed }) =>
          kindOf(typeUrl) === 'CDS' &&
          (variant === 'delta' ? removed.includes('old') : !resources.some(({ name }) => name === 'old')),
      );
      if (gone < route) throw new CheckFailure('the cluster old was taken away while the route led to it');
    },
  ),
  ...both(
    'warming',
    {
      paragraph: 'warming',
      level: 'SHOULD',
      title: 'an Envoy gets the endpoints of a cluster that changed again, unchanged as they are',
      rule: 'Warming of Cluster is completed only when a new ClusterLoadAssignment response is supplied by management server even though there is no change in endpoints. … Management server is expected to provide the EDS/RDS updates during warming.',
    },
    async (scene, variant) => {
      await scene.set(resource('CDS', 'a'), resource('EDS', 'a'));
      const stream = scene.open(variant, 'envoy');
      stream.subscribeToAll('CDS');
      await stream.holds('CDS', { a: 1 });
      await stream.obtain('EDS', 'a');
      await scene.settled(stream);
      await scene.set(resource('CDS', 'a', 2));
      await stream.nextOf('CDS', 'a', 2);
      // An Envoy asks for them once more, in state of the world: the names are those of before.
      if (variant === 'sotw') stream.subscribe('EDS', 'a');
      await stream.nextOf('EDS', 'a');
    },
  ),
];
