import { type Case, underLoad } from '../driver/case.ts';
import { services } from '../driver/world.ts';

/** A backend that says NOT_SERVING gets no more calls, though discovery still calls it ready, and then comes back. */
export const notServing: Case = {
  id: 'not-serving',
  title: 'a backend turns NOT_SERVING',
  async run(world, outcomes) {
    const [service] = services;
    const target = `xds:///${service}`;
    const { cluster } = world;
    await underLoad(world, outcomes, 'not-serving', service, async (every) => {
      const [sick = ''] = cluster.pods(service);
      await cluster.setServing(sick, false);
      await every((watch) => watch.avoids('no call to it', target, [sick]));
      await cluster.setServing(sick, true);
      await every((watch) => watch.returnsTo('calls to it again', target, [sick]));
    });
  },
};
