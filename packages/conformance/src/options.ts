import { parseArgs } from 'node:util';
import { BadInput, messageOf } from './outcome.ts';

export const usage = `Usage: xds-conformance --driver COMMAND [options]
Does an xDS server keep the protocol? Speaks ADS to it as a client does, in
both variants, and says of each rule whether it holds. A driver, a program of
some 50 lines, gives the server under test its resources; README.md has how.
  --driver COMMAND    the driver, as a line for the shell; or evenkeel, which is
                      built in and starts a server of @evenkeel/xds
  --server HOST:PORT  the server, plaintext HTTP/2 (default: the one that the
                      driver says that it has started)
  --only WORD,WORD    only checks with one of these in their id
  --must              only what is a MUST
  --list              names the checks and ends
  --patience MS       within which what has to come must come (default 5000)
  --quiet MS          in which nothing may come that must not (default 100)
  --json              prints the result as JSON, and nothing else on stdout
Exit code: 0 all held, 1 some failed, 2 bad input, 3 the run broke.
Examples:
  npx @evenkeel/conformance --driver evenkeel
  npx @evenkeel/conformance --driver 'node driver.js' --only wildcard
  npx @evenkeel/conformance --server 127.0.0.1:18000 --driver ./driver --json
  npx @evenkeel/conformance --list`;

export interface Options {
  readonly isHelp: boolean;
  readonly isList: boolean;
  readonly isJson: boolean;
  /** Only what is a MUST. */
  readonly isMust: boolean;
  /** Words of which an id has to have one. */
  readonly only: readonly string[] | undefined;
  readonly driver: string;
  /** `HOST:PORT`. */
  readonly server: string | undefined;
  readonly patienceMs: number;
  readonly quietMs: number;
}

/** @throws BadInput */
export function readOptions(args: readonly string[]): Options {
  const { values } = parsed(args);
  const milliseconds = (name: 'patience' | 'quiet'): number => {
    const value = /^\d{1,7}$/.test(values[name]) ? Number(values[name]) : 0;
    if (value > 0) return value;
    throw new BadInput(`invalid --${name} "${values[name]}": milliseconds are needed, 1 or more`);
  };
  const { driver, server, help: isHelp, list: isList } = values;
  if (driver === undefined && !isHelp && !isList) {
    throw new BadInput('--driver is needed: the program that gives the server resources');
  }
  if (server !== undefined && !/^(?:[^\s:/[\]]+|\[[\da-fA-F:.]+\]):\d{1,5}$/.test(server)) {
    throw new BadInput(`invalid --server "${server}": HOST:PORT is needed`);
  }
  return {
    ...{ isHelp, isList, isJson: values.json, isMust: values.must, driver: driver ?? '', server },
    only: values.only?.split(',').filter((word) => word !== ''),
    ...{ patienceMs: milliseconds('patience'), quietMs: milliseconds('quiet') },
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        driver: { type: 'string' },
        server: { type: 'string' },
        only: { type: 'string' },
        must: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        patience: { type: 'string', default: '5000' },
        quiet: { type: 'string', default: '100' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new BadInput(messageOf(error));
  }
}
