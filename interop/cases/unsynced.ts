import { type Case, underLoad } from '../driver/case.ts';
import { services } from '../driver/world.ts';

/**
 * The control plane comes back and knows nothing yet: its discovery has not told of a single Service. It must refuse the
 * clients until it has, or they would take emptiness for deletion.
 */
export const unsynced: Case = {
  id: 'unsynced',
  title: 'restarted with an empty, not yet synced discovery',
  async run(world, outcomes) {
    const [service] = services;
    const { cluster, controlPlane, dns } = world;
    await underLoad(world, outcomes, 'unsynced', service, async (every) => {
      dns.answering = false;
      await controlPlane.kill();
      await controlPlane.launch('dns');
      await controlPlane.alive();
      // Three seconds' worth: the clients try to reach it again after one second, and after two.
      await every((watch) => watch.answers('300 calls while it knows nothing', 300));
      if (await controlPlane.isReady())
        throw new Error('the control plane calls itself ready before it knows anything');
      dns.answering = true;
      await controlPlane.ready();
      const [oldest = ''] = cluster.pods(service);
      const added = await cluster.add(service, 1);
      await every((watch) => watch.reaches('a new pod answered', `xds:///${service}`, added));
      await cluster.terminate([oldest]);
      await cluster.drained();
      await every((watch) => watch.answers('50 calls after a pod left', 50));
      await controlPlane.kill();
      await controlPlane.launch('file');
      await controlPlane.ready();
    });
  },
};
