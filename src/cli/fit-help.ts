import { displayWidth } from '../base/printable.ts';
import { lineWidth, wrap } from '../probe/print/layout.ts';

/**
 * Help that fits a terminal: what stands beside an example goes below it, and a long command goes on in the next line, as a
 * shell takes it.
 */
export function fitHelp(text: string): string {
  return text.split('\n').flatMap(fitLine).join('\n');
}

function fitLine(line: string): string[] {
  if (displayWidth(line) <= lineWidth) return [line];
  const example = /^( +)(evenkeel .*?)(?: {2,}(\S.*))?$/.exec(line);
  if (example === null) {
    const indent = /^ */.exec(line)![0].length;
    return wrap(line.trim(), 0, lineWidth - indent).map((part) => ' '.repeat(indent) + part);
  }
  const [, indent = '', command = '', about] = example;
  return [
    ...continued(command, indent),
    ...(about === undefined ? [] : wrap(about, 0, lineWidth - 8).map((part) => `        ${part}`)),
  ];
}

/** Broken before flags, with a backslash at the end of each line but the last. */
function continued(command: string, indent: string): string[] {
  const room = lineWidth - indent.length - 6;
  const lines: string[] = [];
  let line = '';
  for (const part of command.split(/ (?=--|> )/)) {
    if (line !== '' && displayWidth(`${line} ${part}`) > room) {
      lines.push(line);
      line = part;
    } else line = line === '' ? part : `${line} ${part}`;
  }
  lines.push(line);
  return lines.map((one, index) => {
    const more = index < lines.length - 1 ? ' \\' : '';
    return `${indent}${index === 0 ? '' : '    '}${one}${more}`;
  });
}
