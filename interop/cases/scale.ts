import { type Case, underLoad } from '../driver/case.ts';
import { services } from '../driver/world.ts';

/** A Service grows and shrinks while it is called; no client restarts. */
export const scale: Case = {
  id: 'scale',
  title: 'scale 3 → 10 → 2 under load',
  async run(world, outcomes) {
    const [service] = services;
    const target = `xds:///${service}`;
    const { cluster } = world;
    await underLoad(world, outcomes, 'scale', service, async (every) => {
      const added = await cluster.add(service, 7);
      await every((watch) => watch.reaches('all 7 new pods answered', target, added));
      const leaving = cluster.pods(service).slice(0, 8);
      await cluster.terminate(leaving);
      await every((watch) => watch.avoids('no call to the 8 that leave', target, leaving));
      await cluster.drained();
      await every((watch) => watch.answers('50 calls after they left', 50));
    });
    // The next case finds what it expects.
    await cluster.add(service, 1);
  },
};
