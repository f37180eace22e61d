import type { Command } from 'commander';
import { registerChanges } from './change.ts';
import { registerConnectionAge } from './connection-age.ts';
import { registerSlowPod } from './slow-pod.ts';

/** Every experiment, each a file beside this one that adds a command of its name; in the order of `--help`. */
export const experiments: readonly ((experiment: Command) => void)[] = [
  registerChanges,
  registerConnectionAge,
  registerSlowPod,
];
