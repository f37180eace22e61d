import { type Command, Option } from 'commander';
import { type AskOptions, addAskOptions, collect } from './ask-options.ts';

/** What commands that look at the load of a running control plane have in common. */
export interface LiveOptions extends AskOptions {
  readonly service?: readonly string[];
}

/** Adds `--admin`, `--service` and `--json`. */
export function addLiveOptions(command: Command): Command {
  return addAskOptions(
    command,
    new Option('--service <name>', 'only this Service, [NAMESPACE/]NAME[:PORT]; may be repeated').argParser(collect),
  );
}
