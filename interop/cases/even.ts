import { type Case, forEach, underLoad } from '../driver/case.ts';
import { services } from '../driver/world.ts';

/** Divisible by the three pods. */
const calls = 300;

/**
 * Round robin over three pods that are all connected is exact: as many calls each. The backends' own counters must say
 * the same.
 */
export const even: Case = {
  id: 'even',
  title: `${calls} calls, exactly even over 3 backends`,
  async run(world, outcomes) {
    const [, service] = services;
    await underLoad(world, outcomes, 'warm-up', service, async () => {});
    await forEach(outcomes, async ({ id, process }, outcome) => {
      const run = `${id}-even`;
      const target = `xds:///${service}`;
      const tally = await process.call([target], calls, run);
      outcome.expectNoFailure(tally);
      const seen = tally.backends[target] ?? {};
      const counted = await world.cluster.counts(run);
      const pods = world.cluster.pods(service);
      for (const pod of pods) {
        const share = calls / pods.length;
        if (seen[pod] !== share) outcome.problems.push(`${pod} answered ${seen[pod] ?? 0} calls instead of ${share}`);
        if (seen[pod] !== counted[pod]) {
          outcome.problems.push(`${pod} counted ${counted[pod] ?? 0} calls, the client ${seen[pod] ?? 0}`);
        }
      }
    });
  },
};
