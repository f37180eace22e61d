import { type Case, underLoad } from '../driver/case.ts';
import { services } from '../driver/world.ts';

/** Every pod is replaced, one after the other, as a rolling update does. */
export const rolling: Case = {
  id: 'rolling',
  title: 'rolling replacement under load',
  async run(world, outcomes) {
    const [service] = services;
    const target = `xds:///${service}`;
    const { cluster } = world;
    await underLoad(world, outcomes, 'rolling', service, async (every) => {
      const old = cluster.pods(service);
      for (const pod of old) {
        await cluster.add(service, 1);
        await cluster.terminate([pod]);
      }
      const fresh = cluster.pods(service);
      await every((watch) => watch.reaches('all new pods answered', target, fresh));
      await every((watch) => watch.avoids('no call to an old pod', target, old));
      await cluster.drained();
      await every((watch) => watch.answers('50 calls after they left', 50));
    });
  },
};
