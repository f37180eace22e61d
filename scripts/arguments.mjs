// How every script of this repository reads its arguments: `--help` prints what it is for and an example, and ends with 0;
// what is wrong is said, with the same text, and ends with 2.
import { parseArgs } from 'node:util';

/** Types and defaults: arguments.d.mts. */
export function readArguments(usage, options = {}, allowPositionals = false) {
  const plain = Object.entries(options).map(([name, { type, default: value }]) => [
    name,
    { type: type === 'boolean' ? type : 'string', ...(value !== undefined && { default: textOrSwitch(value) }) },
  ]);
  try {
    const { values, positionals } = parseArgs({
      options: { ...Object.fromEntries(plain), help: { type: 'boolean', short: 'h', default: false } },
      allowPositionals,
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    for (const [name, { type }] of Object.entries(options)) {
      if (type === 'number') values[name] = numberOf(values[name], name, usage);
    }
    return { values, positionals };
  } catch (error) {
    if (!String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
    return wrongArguments(error.message, usage);
  }
}

/** Ends the script over what it was called with. */
export function wrongArguments(problem, usage) {
  console.error(`${problem}\n${usage}`);
  process.exit(2);
}

function textOrSwitch(value) {
  return typeof value === 'boolean' ? value : String(value);
}

function numberOf(text, name, usage) {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return number >= 0 ? number : wrongArguments(`invalid --${name} "${text}": a number from 0 on is needed`, usage);
}
