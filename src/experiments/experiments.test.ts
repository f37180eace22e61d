import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { experiments } from './experiments.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/experiments.md'), 'utf8');

test('docs/experiments.md says of every experiment whether it goes to a cluster', () => {
  const said = page
    .matchAll(/^\| (`[^|]+) \| (lab|lab, cluster) \|/gm)
    .flatMap(([, names, where]) => names!.split(', ').map((name) => [name.replaceAll('`', ''), where] as const));
  const root = new Command();
  for (const register of experiments) register(root);
  const actual = root.commands.map((command) => {
    const takesCluster = command.options.some(({ long }) => long === '--kubernetes');
    return [command.name(), takesCluster ? 'lab, cluster' : 'lab'] as const;
  });
  assert.deepEqual(new Map(said), new Map(actual));
});
