import { type Command, Option } from 'commander';
import { EvenkeelError } from '../base/errors.ts';
import { experiments } from '../experiments/experiments.ts';

/** `evenkeel experiment NAME`: questions that take a run of their own to answer. */
export function registerExperiment(root: Command): void {
  const experiment = root
    .command('experiment')
    .description(
      'Answer one question about load and change by a run of its own, in a lab on this machine or in a cluster.',
    )
    .addHelpText(
      'after',
      `
Examples:
  evenkeel experiment scale-out                        how soon each way of calling finds new pods
  evenkeel experiment connection-age --html age.html   which MaxConnectionAge is best, with its trade-off curve
  evenkeel experiment rolling-update --json > rolling.json`,
    );
  for (const register of experiments) register(experiment);
  for (const command of experiment.commands) refuseCluster(command);
}

/** What cannot be measured in a cluster says so, instead of not knowing the flag. */
function refuseCluster(command: Command): void {
  if (command.options.some(({ long }) => long === '--kubernetes')) return;
  command.addOption(new Option('--kubernetes').hideHelp()).hook('preAction', () => {
    if (command.opts().kubernetes !== true) return;
    throw new EvenkeelError('EK_EXPERIMENT_LAB_ONLY', `${command.name()} is measured in a lab only`, {
      field: '--kubernetes',
    });
  });
}
