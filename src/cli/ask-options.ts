import { type Command, Option } from 'commander';

/** What commands that ask every control plane have in common. */
export interface AskOptions {
  readonly admin?: readonly string[];
  readonly json?: true;
}

/** Of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** Adds `--admin`, `others`, and `--json`. */
export function addAskOptions(command: Command, ...others: readonly Option[]): Command {
  command.addOption(
    new Option(
      '--admin <host:port>',
      'admin server of a control plane; once for each replica (default: 127.0.0.1:18001)',
    ).argParser(collect),
  );
  for (const option of others) command.addOption(option);
  return command.option('--json', 'print JSON instead');
}
