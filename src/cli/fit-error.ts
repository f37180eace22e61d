import { displayWidth } from '../base/printable.ts';
import { lineWidth } from '../probe/print/layout.ts';

/**
 * An error as a terminal has room for it. Only spaces become ends of lines: paths, addresses and commands are there to be
 * copied. Elsewhere each part stays one line, so that a log can be searched for it.
 */
export function fitError(text: string): string {
  return text.split('\n').flatMap(fitLine).join('\n');
}

function fitLine(line: string): string[] {
  const indent = /^ */.exec(line)![0];
  const lines: string[] = [];
  let fitted = indent;
  for (const word of line.slice(indent.length).split(' ')) {
    const isFirst = fitted.trim() === '';
    if (!isFirst && displayWidth(`${fitted} ${word}`) > lineWidth) {
      lines.push(fitted);
      fitted = `${indent}  ${word}`;
    } else fitted = isFirst ? fitted + word : `${fitted} ${word}`;
  }
  return [...lines, fitted];
}
