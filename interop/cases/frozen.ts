import { type Case, underLoad } from '../driver/case.ts';
import { services } from '../driver/world.ts';

/** The control plane stands still for the time of 100 calls, a second, with its connections open. */
export const frozen: Case = {
  id: 'frozen',
  title: 'control plane frozen for a second',
  async run(world, outcomes) {
    const [service] = services;
    const { cluster, controlPlane } = world;
    await underLoad(world, outcomes, 'frozen', service, async (every) => {
      controlPlane.freeze();
      const [oldest = ''] = cluster.pods(service);
      const added = await cluster.add(service, 1);
      await every((watch) => watch.answers('100 calls meanwhile', 100));
      controlPlane.thaw();
      await every((watch) => watch.reaches('a pod made meanwhile answered', `xds:///${service}`, added));
      await cluster.terminate([oldest]);
      await cluster.drained();
      await every((watch) => watch.answers('50 calls after a pod left', 50));
    });
  },
};
