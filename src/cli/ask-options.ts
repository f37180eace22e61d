import { type Command, Option } from 'commander';
import { collect } from './live-options.ts';

/** What commands that ask every control plane have in common. */
export interface AskOptions {
  readonly admin?: readonly string[];
  readonly json?: true;
}

/** Adds `--admin` and `--json`. */
export function addAskOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--admin <host:port>',
        'admin server of a control plane; once for each replica (default: 127.0.0.1:18001)',
      ).argParser(collect),
    )
    .option('--json', 'print JSON instead');
}
