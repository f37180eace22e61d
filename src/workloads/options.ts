import { EvenkeelError } from '../base/errors.ts';

/** One setting of a workload: a flag, an environment variable and a default. */
export interface Option<T> {
  readonly description: string;
  /** Shown in the help in place of the value, for example `ms`; a switch has none. */
  readonly placeholder: string | undefined;
  /** Environment variable; default `EVENKEEL_` and the name in upper snake case. */
  readonly env: string | undefined;
  /** How the help writes the default where that depends on the environment. */
  readonly shown: string | undefined;
  /** The default, given the environment. */
  readonly fallback: (env: NodeJS.ProcessEnv) => T;
  /** Throws a plain `Error` that says what is expected. */
  readonly parse: (text: string) => T;
}

// biome-ignore lint/suspicious/noExplicitAny: an option set holds options of any type
export type OptionSet = Readonly<Record<string, Option<any>>>;

/** The values of an option set. */
export type Settings<O extends OptionSet> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

interface Details<T> {
  readonly description: string;
  readonly placeholder?: string;
  readonly env?: string;
  readonly shown?: string;
  readonly fallback: T | ((env: NodeJS.ProcessEnv) => T);
}

function option<T>(details: Details<T>, placeholder: string | undefined, parse: (text: string) => T): Option<T> {
  const { description, env, fallback } = details;
  return {
    description,
    placeholder: details.placeholder ?? placeholder,
    env,
    shown: details.shown,
    fallback: typeof fallback === 'function' ? (fallback as (env: NodeJS.ProcessEnv) => T) : () => fallback,
    parse,
  };
}

export function text(details: Details<string>): Option<string> {
  return option(details, 'text', (value) => value);
}

/** A whole number from `min` (default 0) to `max` (default 2^31 − 1, the longest a timer takes). */
export function integer(details: Details<number>, { min = 0, max = 2 ** 31 - 1 } = {}): Option<number> {
  return option(details, 'number', (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max) {
      throw new Error(`expected a whole number from ${min} to ${max}`);
    }
    return number;
  });
}

/** A port to listen on; 0 lets the system choose. */
export function port(details: Details<number>): Option<number> {
  return integer({ placeholder: 'port', ...details }, { max: 65_535 });
}

/** A share from 0 to 1. */
export function share(details: Details<number>): Option<number> {
  return option(details, 'share', (value) => {
    const number = Number(value);
    if (value.trim() === '' || !(number >= 0 && number <= 1)) throw new Error('expected a number from 0 to 1');
    return number;
  });
}

/** Comma-separated words. */
export function list(details: Details<readonly string[]>): Option<readonly string[]> {
  return option(details, 'names', (value) => {
    const words = value.split(',').map((word) => word.trim());
    if (words.includes('')) throw new Error('expected names with commas between them');
    return words;
  });
}

/** One of the given words. */
export function choice<const T extends string>(words: readonly T[], details: Details<T>): Option<T> {
  return option(details, words.join('|'), (value) => {
    if (!(words as readonly string[]).includes(value)) throw new Error(`expected one of ${words.join(', ')}`);
    return value as T;
  });
}

/** On or off; the flag needs no value, the environment variable says `true` or `false`. */
export function toggle(details: Details<boolean>): Option<boolean> {
  return option(details, undefined, (value) => {
    if (value !== 'true' && value !== 'false') throw new Error('expected true or false');
    return value === 'true';
  });
}

/** `drainMs` → `--drain-ms` */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `drainMs` → `EVENKEEL_DRAIN_MS`, unless the option names another variable. */
export function envOf(key: string, { env }: Pick<Option<unknown>, 'env'>): string {
  return env ?? `EVENKEEL_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * The value of every option: flag before environment before default. An empty environment variable counts as unset,
 * since a manifest cannot always leave one out.
 *
 * @param given - what the command line gave, by key; `true` for a switch
 * @throws EvenkeelError `EK_USAGE` that names the flag or the variable
 */
export function settle<O extends OptionSet>(
  options: O,
  given: Readonly<Record<string, string | true | undefined>>,
  env: NodeJS.ProcessEnv = process.env,
): Settings<O> {
  const settled = Object.entries(options).map(([key, declared]) => {
    const flag = given[key];
    if (flag !== undefined) return [key, parseNamed(declared, String(flag), flagOf(key))];
    const variable = envOf(key, declared);
    const value = env[variable];
    if (value !== undefined && value !== '' && !isServiceLink(value))
      return [key, parseNamed(declared, value, variable)];
    return [key, declared.fallback(env)];
  });
  return Object.fromEntries(settled) as Settings<O>;
}

/**
 * Kubernetes gives every pod `<SERVICE>_PORT=tcp://…` for each Service; one that is called `evenkeel` or `evenkeel-admin`
 * would otherwise set our ports.
 */
function isServiceLink(value: string): boolean {
  return /^(tcp|udp|sctp):\/\//.test(value);
}

function parseNamed<T>(declared: Option<T>, value: string, field: string): T {
  try {
    return declared.parse(value);
  } catch (cause) {
    throw new EvenkeelError('EK_USAGE', `${field}: "${value}" will not do: ${(cause as Error).message}`, {
      field,
      cause,
    });
  }
}
