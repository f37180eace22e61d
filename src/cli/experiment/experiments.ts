import type { Command } from 'commander';
import { registerConnectionAge } from './connection-age.ts';

/** Every experiment, each a file beside this one that adds a command of its name; in the order of `--help`. */
export const experiments: readonly ((experiment: Command) => void)[] = [registerConnectionAge];
