import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A shell block of a page, and what the page says that it prints. */
export interface Step {
  readonly command: string;
  readonly stated: string | undefined;
}

/** The steps of `docs/systems/SYSTEM.md`, without the one that starts the system. */
export function stepsOf(system: string): Step[] {
  const file = resolve(import.meta.dirname, '..', '..', 'docs', 'systems', `${system}.md`);
  const blocks = [...readFileSync(file, 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const steps = blocks.flatMap(([, language, text], at) => {
    if (language !== 'sh') return [];
    const next = blocks[at + 1];
    return [{ command: text!, stated: next === undefined || next[1] === 'sh' ? undefined : next[2]! }];
  });
  const [first, ...others] = steps;
  if (first?.command !== `evenkeel lab --system ${system}\n`) throw new Error(`${file} does not begin with the start`);
  return others;
}

/** The kinds of lines in a text: pods by their deployment, without counts and numbers of calls. */
export function kindsOf(text: string): string[] {
  const lines = text.split('\n').map((line) =>
    line
      .replace(/\b([a-z][a-z0-9-]*?)-[a-z0-9]{8,10}-[a-z0-9]{5}\b/g, '$1-POD')
      .replace(/\b127\.\d+\.\d+\.\d+/g, 'ADDRESS')
      .replace(/"SERVICE_PORT":"\d+"/g, '"SERVICE_PORT":"PORT"')
      .replace(/\d+\.\d+ s$/, 'TIME')
      .replace(/(?<=}) \d+$/, ' N')
      .replace(/ADDRESS:\d+"/, 'ADDRESS"')
      .replace(/"node-\d"/, '"NODE"')
      .replace(/^ *\d+ (?=\S)/, '')
      .replace(/^#\d+: /, '#N: ')
      .trim(),
  );
  return [...new Set(lines.filter((line) => line !== ''))].sort();
}

/** Distinct pods of a deployment that a text names. */
export function podsIn(text: string, deployment: string): string[] {
  const names = text.match(new RegExp(`\\b${deployment}-[a-z0-9]{8,10}-[a-z0-9]{5}\\b`, 'g')) ?? [];
  return [...new Set(names)];
}

/** The numbers that `uniq -c` printed, smallest first. */
export function countsIn(text: string): number[] {
  return [...text.matchAll(/^ *(\d+) /gm)].map(([, count]) => Number(count)).sort((a, b) => a - b);
}
