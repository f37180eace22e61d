import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { EvenkeelError, formatError, toEvenkeelError } from '../base/errors.ts';
import { guardOutput } from '../base/output.ts';
import { registerCommands } from './commands.ts';
import { fitError } from './fit-error.ts';
import { fitHelp } from './fit-help.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Builds the program; each command file adds itself and loads what it needs only when it runs. */
async function program(): Promise<Command> {
  const root = new Command('evenkeel')
    .description('Keeps gRPC load even on Kubernetes without sidecars, and proves it.')
    .version(version)
    .exitOverride()
    // What it would print has no code; it is thrown as well, and printed below as every error is.
    .configureOutput({ outputError: () => {}, writeOut: (text) => process.stdout.write(fitHelp(text)) })
    .configureHelp({ minWidthToWrap: 20 });
  await registerCommands(root, process.argv[2]);
  for (const command of root.commands) command.exitOverride();
  return root;
}

guardOutput();

/** Commander's own errors are all about the command line; the help that stands in for a missing command is its own text. */
function asError(thrown: unknown): EvenkeelError {
  if (!(thrown instanceof CommanderError)) return toEvenkeelError(thrown);
  return new EvenkeelError('EK_USAGE', thrown.message.replace(/^error: /, '').replaceAll('\n', ' '));
}

try {
  await (await program()).parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError && (thrown.exitCode === 0 || thrown.code === 'commander.help')) {
    process.exitCode = thrown.exitCode === 0 ? 0 : 2;
  } else {
    const error = asError(thrown);
    const asJson = process.argv.includes('--json');
    const text = formatError(error);
    console.error(asJson ? JSON.stringify({ error }) : process.stderr.isTTY ? fitError(text) : text);
    if (error.code === 'EK_INTERNAL' && process.env.EVENKEEL_LOG === 'debug') console.error(error.cause);
    process.exitCode = error.exitCode;
  }
}
