import type { Command } from 'commander';
import { experiments } from './experiment/experiments.ts';

/** `evenkeel experiment NAME`: questions that take a run of their own to answer. */
export function registerExperiment(root: Command): void {
  const experiment = root
    .command('experiment')
    .description('Answer one question about load and change by a run of its own, in a lab on this machine.')
    .addHelpText(
      'after',
      `
Examples:
  evenkeel experiment scale-out                        how soon each way of calling finds new pods
  evenkeel experiment connection-age --html age.html   which MaxConnectionAge is best, with its trade-off curve
  evenkeel experiment rolling-update --json > rolling.json`,
    );
  for (const register of experiments) register(experiment);
}
