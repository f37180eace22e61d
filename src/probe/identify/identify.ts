import { EvenkeelError } from '../../base/errors.ts';

/** Where the name of who answered is found. */
export type Identifier =
  | { readonly from: 'peer' }
  | { readonly from: 'header' | 'trailer' | 'field'; readonly name: string };

/** Everything in one answer that could tell who gave it. Header and trailer names in lower case. */
export interface AnswerSample {
  readonly peer: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
  /** Text fields of the answer by their path. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Reads `--identify`; undefined for `auto`.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function parseIdentifier(text: string): Identifier | undefined {
  if (text === 'auto') return undefined;
  if (text === 'peer') return { from: 'peer' };
  const match = /^(header|trailer|field):(.+)$/s.exec(text);
  if (match === null) {
    throw new EvenkeelError('EK_USAGE', `"${text}" does not say where the name of a backend is found`, {
      field: '--identify',
      hint: 'Write auto, peer, header:NAME, trailer:NAME or field:PATH, for example field:response.hostname.',
    });
  }
  const from = match[1] as 'header' | 'trailer' | 'field';
  return { from, name: from === 'field' ? match[2]! : match[2]!.toLowerCase() };
}

/** As it is written after `--identify`. */
export function formatIdentifier(identifier: Identifier): string {
  return identifier.from === 'peer' ? 'peer' : `${identifier.from}:${identifier.name}`;
}

/** What an identifier finds in an answer; undefined: nothing. */
export function identifyIn(identifier: Identifier, sample: AnswerSample): string | undefined {
  switch (identifier.from) {
    case 'peer':
      return sample.peer;
    case 'header':
      return sample.headers[identifier.name];
    case 'trailer':
      return sample.trailers[identifier.name];
    case 'field':
      return sample.fields[identifier.name];
  }
}

/** What a person could have meant, where an identifier matches nothing. */
export function describeSample({ peer, headers, trailers, fields }: AnswerSample): string {
  const some = (kind: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${kind} ${names.slice(0, 12).join(', ')}`];
  const parts = [
    ...some('the headers', Object.keys(headers)),
    ...some('the trailers', Object.keys(trailers)),
    ...some('the fields', Object.keys(fields)),
    ...(peer === undefined ? [] : [`the peer ${peer}`]),
  ];
  return `An answer has ${parts.join('; ') || 'nothing that could'}.`;
}
