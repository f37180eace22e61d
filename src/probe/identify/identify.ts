import { EvenkeelError } from '../../base/errors.ts';
import { own } from '../../base/own.ts';
import { cleanName } from './names.ts';

/** Where the name of who answered is found. */
export type Identifier =
  /** The address of the connection. */
  | { readonly from: 'peer' }
  /** The whole of a plain-text answer (HTTP). */
  | { readonly from: 'body' }
  /**
   * `line`: what stands after the name in a line of a plain-text answer, `Hostname: web-0` (HTTP); `orField`: of a header, the
   * field that counts where there is no such header.
   */
  | { readonly from: 'header' | 'trailer' | 'field' | 'line'; readonly name: string; readonly orField?: string };

/** Everything in one answer that could tell who gave it. Header and trailer names in lower case. */
export interface AnswerSample {
  readonly peer: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
  /** Text fields of the answer by their path. */
  readonly fields: Readonly<Record<string, string>>;
  /** Lines `NAME: VALUE` of a plain-text answer. */
  readonly lines?: Readonly<Record<string, string>> | undefined;
  /** A plain-text answer, where it is one short line. */
  readonly body?: string | undefined;
  /** Why a part of the answer could not be looked at. */
  readonly unread?: string | undefined;
  /** What there is to say of an answer that sends elsewhere. */
  readonly redirect?: string | undefined;
}

/**
 * Reads `--identify`; undefined for `auto`.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function parseIdentifier(text: string): Identifier | undefined {
  if (text === 'auto') return undefined;
  if (text === 'peer' || text === 'body') return { from: text };
  const match = /^(header|trailer|field|line):(.+)$/s.exec(text);
  if (match === null) {
    throw new EvenkeelError('EK_USAGE', `"${text}" does not say where the name of a backend is found`, {
      field: '--identify',
      hint: 'Write auto, peer, header:NAME, trailer:NAME, field:PATH, line:NAME or body, for example field:response.hostname.',
    });
  }
  const from = match[1] as 'header' | 'trailer' | 'field' | 'line';
  return { from, name: from === 'field' ? match[2]! : match[2]!.trim().toLowerCase() };
}

/** As it is written after `--identify`. */
export function formatIdentifier(identifier: Identifier): string {
  return 'name' in identifier ? `${identifier.from}:${identifier.name}` : identifier.from;
}

/** The field of an answer that an identifier looks at, if it has to. */
export function fieldOf(identifier: Identifier): string | undefined {
  if (identifier.from === 'field') return identifier.name;
  return 'orField' in identifier ? identifier.orField : undefined;
}

/** What an identifier finds in an answer; undefined: nothing. */
export function identifyIn(identifier: Identifier, sample: AnswerSample): string | undefined {
  const raw = rawIn(identifier, sample);
  return raw === undefined ? undefined : cleanName(raw, 'name' in identifier ? identifier.name : '');
}

function rawIn(identifier: Identifier, { peer, headers, trailers, fields, lines, body }: AnswerSample) {
  switch (identifier.from) {
    case 'peer':
      return peer;
    case 'body':
      return body;
    case 'header':
      return own(headers, identifier.name);
    case 'trailer':
      return own(trailers, identifier.name);
    case 'field':
      return own(fields, identifier.name);
    case 'line':
      return own(lines ?? {}, identifier.name);
  }
}

/** What a person could have meant, where an identifier matches nothing. */
export function describeSample(sample: AnswerSample): string {
  const { peer, headers, trailers, fields, lines = {}, body, unread = sample.redirect } = sample;
  const some = (kind: string, names: readonly string[]): string[] =>
    names.length === 0
      ? []
      : [
          `${kind} ${names
            .slice(0, 12)
            .map((name) => cleanName(name))
            .join(', ')}`,
        ];
  const parts = [
    ...some('the headers', Object.keys(headers)),
    ...some('the trailers', Object.keys(trailers)),
    ...some('the fields', Object.keys(fields)),
    ...some('the lines', Object.keys(lines)),
    ...(body === undefined ? [] : ['a body of one line']),
    ...(peer === undefined ? [] : [`the peer ${peer}`]),
  ];
  const found = `An answer has ${parts.join('; ') || 'nothing that could'}.`;
  return unread === undefined ? found : `${found} ${unread.charAt(0).toUpperCase()}${unread.slice(1)}.`;
}
