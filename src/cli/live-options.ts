import { type Command, Option } from 'commander';

/** What commands that ask a running control plane have in common. */
export interface LiveOptions {
  readonly admin?: readonly string[];
  readonly service?: readonly string[];
  readonly json?: true;
}

/** Of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** Adds `--admin`, `--service` and `--json`. */
export function addLiveOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--admin <host:port>',
        'admin server of a control plane; once for each replica (default: 127.0.0.1:18001)',
      ).argParser(collect),
    )
    .addOption(
      new Option('--service <name>', 'only this Service, [NAMESPACE/]NAME[:PORT]; may be repeated').argParser(collect),
    )
    .option('--json', 'print JSON instead');
}
