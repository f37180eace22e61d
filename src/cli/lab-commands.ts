import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LabRequestName, LabRequests } from '../lab/index.ts';

/** Options of these commands; which of them are given depends on the command. */
interface Options {
  readonly id?: string;
  readonly json?: true;
  readonly wait: boolean;
  readonly signal: string;
  readonly delete?: true;
  readonly set: Record<string, string>;
  readonly cause: string;
  readonly toRevision?: number;
}

/** `evenkeel lab ps | scale | rollout | kill | logs | down`: what a second terminal does with a lab that is up. */
export function registerLabCommands(lab: Command): void {
  add(lab, 'ps', 'Show the pods, Services and deployments of a running lab.')
    .addHelpText(
      'after',
      examples({ 'lab ps': '', 'lab ps --id lab30': 'where several labs run', 'lab ps --json': 'for programs' }),
    )
    .action((_, command: Command) => show('state', {}, optionsOf(command)));

  withWait(add(lab, 'scale', 'Change the number of pods of a deployment.'))
    .argument('<deployment>')
    .argument('<replicas>', 'how many', wholeNumber)
    .addHelpText(
      'after',
      examples({ 'lab scale be1 6': 'returns once 6 pods are ready', 'lab scale be1 3 --no-wait': 'returns at once' }),
    )
    .action((name: string, replicas: number, _, command: Command) => {
      const options = optionsOf(command);
      return show('scale', { name, replicas, wait: options.wait }, options);
    });

  registerRollout(lab);

  add(lab, 'kill', "Send a signal to a pod's process, which is restarted when it ends; or delete the pod.")
    .argument('<pod>')
    .addOption(new Option('--signal <name>', 'signal to send').default('KILL'))
    .option('--delete', 'SIGTERM, grace period, and another pod in its place')
    .addHelpText(
      'after',
      examples({
        'lab kill POD': 'as a crash; it is started again',
        'lab kill POD --signal TERM': 'lets it drain; it is started again',
        'lab kill POD --delete': 'lets it drain; another pod comes',
      }),
    )
    .action((name: string, _, command: Command) => {
      const options = optionsOf(command);
      if (options.delete === true) return show('delete', { name }, options);
      const signal = `SIG${options.signal.toUpperCase().replace(/^SIG/, '')}` as NodeJS.Signals;
      return show('kill', { name, signal }, options);
    });

  add(lab, 'logs', 'Print the last 64 KiB that a pod wrote; of one that has ended, too.')
    .argument('<pod>')
    .addHelpText('after', examples({ 'lab logs POD': 'POD as lab ps names it' }))
    .action((name: string, _, command: Command) => show('logs', { name }, optionsOf(command)));

  add(lab, 'down', 'End a running lab and everything in it.')
    .addHelpText('after', examples({ 'lab down': '', 'lab down --id lab30': 'where several labs run' }))
    .action((_, command: Command) => show('down', {}, optionsOf(command)));
}

function registerRollout(lab: Command): void {
  const rollout = withWait(
    add(lab, 'rollout', 'Replace the pods of a deployment step by step, changed or as they are.'),
  )
    .argument('<deployment>')
    .addOption(
      new Option('--set <NAME=VALUE>', 'change an environment variable of the pods; may be repeated')
        .argParser(variable)
        .default({}, 'none'),
    )
    .addOption(new Option('--cause <text>', 'why; the history shows it').default('', 'none'))
    .addHelpText(
      'after',
      examples({
        'lab rollout be1': 'pods like before, one by one',
        'lab rollout be1 --set GREETING=Hi --cause "a shorter greeting"': 'a new revision',
        'lab rollout history be1': 'the revisions and why they were made',
        'lab rollout undo be1': 'back to the revision before',
      }),
    )
    .action((name: string, _, command: Command) => {
      const options = optionsOf(command);
      return show('rollout', { name, env: options.set, cause: options.cause, wait: options.wait }, options);
    });

  add(rollout, 'history', 'Show the revisions of a deployment and why they were made.')
    .argument('<deployment>')
    .addHelpText('after', examples({ 'lab rollout history be1': '', 'lab rollout history be1 --json': 'for programs' }))
    .action((name: string, _, command: Command) => show('history', { name }, optionsOf(command)));

  withWait(add(rollout, 'undo', 'Go back to an earlier revision.'))
    .argument('<deployment>')
    .addOption(new Option('--to-revision <number>', 'default: the one before the newest').argParser(wholeNumber))
    .addHelpText(
      'after',
      examples({
        'lab rollout undo be1': 'back to the revision before',
        'lab rollout undo be1 --to-revision 2': 'to one that the history shows',
      }),
    )
    .action((name: string, _, command: Command) => {
      const options = optionsOf(command);
      return show('undo', { name, revision: options.toRevision, wait: options.wait }, options);
    });
}

/** Command lines, each with what it does. */
function examples(lines: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(lines).map((line) => line.length));
  return [
    '',
    'Examples:',
    ...Object.entries(lines).map(([line, what]) => `  evenkeel ${line.padEnd(width)}  ${what}`.trimEnd()),
  ].join('\n');
}

function add(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--id <name>', 'the lab that is meant, where several run')
    .option('--json', 'print the answer as JSON');
}

function withWait(command: Command): Command {
  return command.option('--no-wait', 'do not wait until the change is through');
}

/** The command above has `--id` and `--json` too, and takes them wherever they stand. */
function optionsOf(command: Command): Options {
  return command.optsWithGlobals<Options>();
}

/** Asks the lab and prints what it answers. */
async function show<Name extends LabRequestName>(
  name: Name,
  ask: LabRequests[Name]['ask'],
  options: Options,
): Promise<void> {
  const { findLab } = await import('../lab/control/client.ts');
  const lab = await findLab(options.id);
  const answer = await lab.ask(name, ask);
  if (name === 'down') await lab.gone();
  if (options.json === true) {
    console.log(JSON.stringify(answer, undefined, 2));
    return;
  }
  const { formatAnswer } = await import('./lab-format.ts');
  console.log(formatAnswer[name](answer));
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function variable(text: string, before: Record<string, string>): Record<string, string> {
  const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Write NAME=VALUE.');
  return { ...before, [match[1]!]: match[2]! };
}
