import { type Case, forEach } from '../driver/case.ts';
import { awaitServices } from '../driver/client-state.ts';
import { podsOf } from '../driver/tally.ts';
import { services } from '../driver/world.ts';

/** Both Services through one control plane, from the very first call on; the channels are asked to connect before. */
export const twoServices: Case = {
  id: 'two-services',
  title: 'two services at once',
  async run({ cluster }, outcomes) {
    await forEach(outcomes, async (client, outcome) => {
      const { id, process } = client;
      const targets = services.map((service) => `xds:///${service}`);
      await process.connect(targets);
      await awaitServices(client, services);
      const tally = await process.call(targets, 30, `${id}-two-services`);
      outcome.expectNoFailure(tally);
      for (const service of services) {
        const strangers = podsOf(tally, `xds:///${service}`).difference(new Set(cluster.pods(service)));
        if (strangers.size > 0) outcome.problems.push(`calls to ${service} were answered by ${[...strangers].join()}`);
        if (podsOf(tally, `xds:///${service}`).size === 0) outcome.problems.push(`no call reached ${service}`);
      }
    });
  },
};
