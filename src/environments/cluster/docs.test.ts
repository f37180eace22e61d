import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { parse } from 'yaml';
import { registerProve } from '../../cli/prove.ts';
import { schemeIds } from '../../probe/index.ts';
import { needs } from './permissions.ts';

const page = readFileSync(join(resolve(import.meta.dirname, '..', '..', '..'), 'docs', 'prove.md'), 'utf8');
const block = (language: string, about: RegExp): string => {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text]) => text!,
  );
  const text = found.find((one) => about.test(one));
  assert.ok(text !== undefined, `a block of ${language} with ${about}`);
  return text;
};

interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

test('the ClusterRole of the page grants what is needed, and nothing else', () => {
  const { rules } = parse(block('yaml', /^kind: ClusterRole$/m)) as { rules: RoleRule[] };
  const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => [group, resource, verb].join(' '))),
    ),
  );
  const needed = needs().map(({ group, resource, verb }) => [group, resource, verb].join(' '));
  // `--clean` looks for namespaces.
  assert.deepEqual(granted.sort(), [...needed, ' namespaces list'].sort());
});

test('every flag of the page is a flag of prove', () => {
  const root = new Command();
  registerProve(root);
  const help = root.commands[0]!.helpInformation();
  for (const [line] of page.matchAll(/^evenkeel prove.*$/gm)) {
    for (const [flag] of line.replace(/#.*/, '').matchAll(/--[a-z-]+/g)) assert.ok(help.includes(`${flag} `), line);
  }
  for (const [, flag] of page.matchAll(/^\| `(--[a-z-]+)/gm)) assert.ok(help.includes(flag!), flag!);
});

test('the outputs of the page have every scheme', () => {
  const output = [...page.matchAll(/^```text\n([\s\S]*?)^```/gm)].map(([, text]) => text!).join('');
  for (const scheme of schemeIds) assert.match(output, new RegExp(`^${scheme} `, 'm'));
});
