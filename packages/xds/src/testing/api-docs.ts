import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One thing that a module exports, as its source says it. */
export interface Declaration {
  readonly name: string;
  readonly kind: 'class' | 'function' | 'interface' | 'type' | 'const';
  /** Text of the doc comment; empty where there is none. */
  readonly doc: string;
  /** Source of what a caller has to know: signature, body of a type, or nothing of a class beyond its name. */
  readonly code: string;
  /** Public methods and properties of a class. */
  readonly members: readonly { readonly signature: string; readonly doc: string }[];
}

/** Everything that `index.ts` exports, in its order. Relies on the formatter: what belongs to a block is indented. */
export function declarationsOf(indexFile: string): Declaration[] {
  const index = readFileSync(indexFile, 'utf8');
  return [...index.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';/gm)].flatMap(([, names, path]) => {
    const lines = readFileSync(join(dirname(indexFile), path!), 'utf8').split('\n');
    return names!
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== '')
      .map((name) => declaration(name, lines, path!));
  });
}

function declaration(name: string, lines: readonly string[], path: string): Declaration {
  const start = lines.findIndex((line) =>
    new RegExp(`^export (?:abstract )?(?:async )?(?:class|function|interface|type|const) ${name}\\b`).test(line),
  );
  if (start < 0) throw new Error(`${path} does not declare ${name}`);
  const kind = /(class|function|interface|type|const) /.exec(lines[start]!)![1] as Declaration['kind'];
  const doc = docBefore(lines, start);
  if (kind === 'function') return { name, kind, doc, code: signatureAt(lines, start), members: [] };
  const block = blockAt(kind, lines, start);
  if (kind === 'class') {
    const code = lines[start]!.replace(/ \{$/, '').replace(/^export /, '');
    return { name, kind, doc, code, members: membersOf(block) };
  }
  return { name, kind, doc, code: block.join('\n').replace(/^export /, ''), members: [] };
}

/** Up to the line that closes it. */
function blockAt(kind: Declaration['kind'], lines: readonly string[], start: number): readonly string[] {
  const braced = kind === 'class' || kind === 'interface';
  const last = lines.findIndex(
    (line, at) => at >= start && (braced ? line === '}' : line.endsWith(';') && !/^[\s})|]/.test(lines[at + 1] ?? '')),
  );
  return lines.slice(start, last + 1);
}

/** A function's or method's head, on one line, without the body. */
function signatureAt(lines: readonly string[], start: number): string {
  let text = '';
  let open = 0;
  for (const line of lines.slice(start)) {
    const part = line.trim();
    text += text.endsWith('(') || part.startsWith(')') || text === '' ? part : ` ${part}`;
    open += [...part].reduce((sum, char) => sum + Number('(<['.includes(char)) - Number(')]'.includes(char)), 0);
    open -= [...part.matchAll(/(?<!=)>/g)].length;
    if (open <= 0 && /[{;]$/.test(part)) break;
  }
  return text
    .replace(/,(\s*)\)/g, '$1)')
    .replace(/\s*[{;]$/, '')
    .replace(/^export /, '');
}

function membersOf(block: readonly string[]): { signature: string; doc: string }[] {
  return block.flatMap((line, at) => {
    if (!/^ {2}(?:(?:static|abstract|readonly|get|async|override|\*) ?)*[a-z*]\w*[(:?<]/i.test(line)) return [];
    if (/^ {2}(?:private|protected|override|constructor|return|for|if)\b/.test(line)) return [];
    const signature = signatureAt(block, at)
      .replace(/^([\w ]+) = .*$/, '$1')
      .replace(/^async |(?<=static )async /, '');
    return [{ signature, doc: docBefore(block, at) }];
  });
}

/** The comment above a line, without its frame. */
function docBefore(lines: readonly string[], at: number): string {
  if (!/\*\/$/.test(lines[at - 1] ?? '')) return '';
  let first = at - 1;
  while (!lines[first]!.trimStart().startsWith('/**')) first -= 1;
  return lines
    .slice(first, at)
    .map((line) =>
      line
        .trim()
        .replace(/^\/\*\* ?|^\*\/$|^\* ?/, '')
        .replace(/ ?\*\/$/, ''),
    )
    .join('\n')
    .trim();
}

/** Links as code, tags as words; a paragraph on one line. */
function prose(doc: string): string {
  return doc
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .replace(/^@param (\S+) - /gm, '- `$1`: ')
    .replace(/^@returns /gm, '- Returns ')
    .replace(/^@throws /gm, '- Throws ');
}

/** The first sentence, on one line. */
export function summary(doc: string): string {
  const paragraph = prose(doc)
    .split('\n\n')[0]!
    .replace(/\n- [\s\S]*$/, '')
    .replace(/\n/g, ' ');
  return (/^.*?[.:](?= |$)/.exec(paragraph)?.[0] ?? paragraph).replace(/:$/, '.');
}

/** Everything of a comment in one cell of a table. */
function cell(doc: string): string {
  return prose(doc)
    .replace(/```[\s\S]*?```/g, '')
    .replace(/\n- /g, ' ')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

/** The page: a table of everything, then each declaration as the source has it. */
export function apiPage(declarations: readonly Declaration[]): string {
  const rows = declarations.map(
    ({ name, kind, doc }) => `| [\`${name}\`](#${name.toLowerCase()}) | ${kind} | ${summary(doc)} |`,
  );
  const sections = declarations.map(({ name, doc, code, members }) => {
    const table = members.map(
      ({ signature, doc: text }) =>
        `| \`${signature.replaceAll('|', '\\|')}\` | ${cell(text).replaceAll('|', '\\|')} |`,
    );
    return [
      `## ${name}`,
      prose(doc).replace(/([^\n])\n(?=- )/, '$1\n\n'),
      `\`\`\`ts\n${code}\n\`\`\``,
      ...(table.length > 0 ? [['| member | what |', '| --- | --- |', ...table].join('\n')] : []),
    ].join('\n\n');
  });
  return `${[
    '# @evenkeel/xds: everything that it exports',
    'Written from the comments in `src` (`node --test --test-update-snapshots src/api-docs.test.ts`). How the parts play\ntogether stands in [the README](../README.md).',
    ['| export | kind | what |', '| --- | --- | --- |', ...rows].join('\n'),
    ...sections,
  ].join('\n\n')}\n`;
}
