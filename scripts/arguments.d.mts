/** A `number` is 0 or more. An option without a default may be left out; a switch is then false. */
type ScriptOption =
  | { readonly type: 'string'; readonly default?: string }
  | { readonly type: 'number'; readonly default: number }
  | { readonly type: 'boolean'; readonly default: false };

type ValueOf<Option extends ScriptOption> = Option extends { type: 'boolean' }
  ? boolean
  : Option extends { type: 'number' }
    ? number
    : Option extends { default: string }
      ? string
      : string | undefined;

/**
 * @param usage - `Usage: …` with an `Example:`, printed for `--help` and beside what is wrong
 * @param allowPositionals - whether words without a dash may come; default: not
 */
export function readArguments<const Options extends Readonly<Record<string, ScriptOption>>>(
  usage: string,
  options?: Options,
  allowPositionals?: boolean,
): { values: { [Name in keyof Options]: ValueOf<Options[Name]> }; positionals: string[] };

export function wrongArguments(problem: string, usage: string): never;
