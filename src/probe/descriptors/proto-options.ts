import { create } from '@bufbuild/protobuf';
import { type FeatureSet, FeatureSetSchema } from '@bufbuild/protobuf/wkt';
import type { ProtoTokens } from './proto-tokens.ts';

/** Options by name (`packed`, `features.enum_type`, `(google.api.http)`); values other than words are empty. */
export type Options = Map<string, string>;

/** `NAME = VALUE`, as after `option` and between brackets. Of options only what changes bytes or JSON is looked at. */
export function readOption(tokens: ProtoTokens, options: Options): void {
  let name = '';
  do {
    if (tokens.takeIf('(')) {
      name += `(${tokens.fullName('the name of an option')})`;
      tokens.expect(')');
    } else name += tokens.name('the name of an option');
    if (tokens.is('.')) name += '.';
  } while (tokens.takeIf('.'));
  tokens.expect('=');
  if (tokens.takeIf('{')) readAggregate(tokens, name, options);
  else if (tokens.kind === 'text') options.set(name, tokens.string('a value'));
  else {
    tokens.takeIf('-');
    if (tokens.kind === 'symbol') throw tokens.mistake('a value');
    options.set(name, tokens.take());
  }
}

/** `[NAME = VALUE, …]`, where there is one. */
export function readBracketed(tokens: ProtoTokens): Options {
  const options: Options = new Map();
  if (!tokens.takeIf('[')) return options;
  do readOption(tokens, options);
  while (tokens.takeIf(','));
  tokens.expect(']');
  return options;
}

/** Up to the bracket that closes it; `features = { enum_type: OPEN }` is the same as `features.enum_type = OPEN`. */
function readAggregate(tokens: ProtoTokens, name: string, options: Options): void {
  for (let depth = 1; depth > 0; ) {
    const key = tokens.kind === 'name' && depth === 1 ? tokens.take() : undefined;
    if (key !== undefined && tokens.takeIf(':') && tokens.kind === 'name') options.set(`${name}.${key}`, tokens.take());
    else if (tokens.takeIf('{')) depth += 1;
    else if (tokens.takeIf('}')) depth -= 1;
    else if (key === undefined) tokens.take();
  }
}

/** Features of editions; undefined: none are set. */
export function featuresIn(options: Options): FeatureSet | undefined {
  const set = FeatureSetSchema.fields.flatMap((field) => {
    const value = field.enum?.values.find(({ name }) => name === options.get(`features.${field.name}`));
    return value === undefined ? [] : [[field.localName, value.number] as const];
  });
  return set.length === 0 ? undefined : create(FeatureSetSchema, Object.fromEntries(set));
}
