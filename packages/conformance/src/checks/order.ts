import { both, type Check } from '../check.ts';
import type { Variant } from '../messages.ts';
import { CheckFailure } from '../outcome.ts';
import { kindOf, kinds, resource } from '../resources.ts';
import type { Scene } from '../scene.ts';
import type { XdsStream } from '../stream.ts';

/** So many changes, for servers that send in an order of chance. */
const rounds = 5;

/** In which order types are sent: make before break, and warming. */
export const orderChecks: readonly Check[] = [
  ...both(
    'make-before-break',
    {
      paragraph: 'order',
      level: 'SHOULD',
      title: 'one change of everything is sent as clusters, endpoints, listeners, routes',
      rule: 'In general, to avoid traffic drop, sequencing of updates should follow a make before break model: CDS updates (if any) must always be pushed first; EDS updates … after CDS updates …; LDS updates … after corresponding CDS/EDS updates; RDS updates … after CDS/EDS/LDS updates.',
    },
    async (scene, variant) => {
      const stream = await subscribed(scene, variant);
      for (let generation = 2; generation < 2 + rounds; generation++) {
        const before = stream.received.length;
        // Given the other way round, so that the order is not the driver's.
        await scene.set(...kinds.toReversed().map((kind) => resource(kind, 'a', generation)));
        await Promise.all(kinds.map((kind) => stream.nextOf(kind, 'a', generation)));
        const order = stream.received
          .slice(before)
          .filter(({ resources }) => resources.some((one) => one.generation === generation))
          .map(({ typeUrl }) => kindOf(typeUrl)!)
          .filter((kind, index, all) => kind !== 'SDS' && all.indexOf(kind) === index);
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
      stream.subscribe('CDS', '*');
      await stream.holds('CDS', { old: 1 });
      stream.subscribe('RDS', 'a');
      await stream.holds('RDS', { a: 1 });
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
      stream.subscribe('CDS', '*');
      await stream.holds('CDS', { a: 1 });
      stream.subscribe('EDS', 'a');
      await stream.holds('EDS', { a: 1 });
      await scene.settled(stream);
      await scene.set(resource('CDS', 'a', 2));
      await stream.nextOf('CDS', 'a', 2);
      // An Envoy asks for them once more, in state of the world: the names are those of before.
      if (variant === 'sotw') stream.subscribe('EDS', 'a');
      await stream.nextOf('EDS', 'a');
    },
  ),
];

/** A stream that has asked for everything there is of `a`, and has it. */
async function subscribed(scene: Scene, variant: Variant): Promise<XdsStream> {
  await scene.set(...kinds.map((kind) => resource(kind, 'a')));
  const stream = scene.open(variant);
  for (const kind of kinds) {
    stream.subscribe(kind, 'a');
    await stream.holds(kind, { a: 1 });
  }
  await scene.settled(stream);
  return stream;
}
