import { type Case, underLoad } from '../driver/case.ts';
import { services } from '../driver/world.ts';

/** The control plane dies without a word; calls go on, and changes flow again after its restart. */
export const restart: Case = {
  id: 'restart',
  title: 'control plane killed and restarted',
  async run(world, outcomes) {
    const [service] = services;
    const { cluster, controlPlane } = world;
    await underLoad(world, outcomes, 'restart', service, async (every) => {
      await controlPlane.kill();
      await every((watch) => watch.answers('100 calls without a control plane', 100));
      await controlPlane.launch('file');
      await controlPlane.ready();
      const [oldest = ''] = cluster.pods(service);
      const added = await cluster.add(service, 1);
      await every((watch) => watch.reaches('a new pod answered', `xds:///${service}`, added));
      await cluster.terminate([oldest]);
      await cluster.drained();
      await every((watch) => watch.answers('50 calls after a pod left', 50));
    });
  },
};
