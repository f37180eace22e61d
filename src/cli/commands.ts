import type { Command } from 'commander';

/** Adds one command to the program. */
export type RegisterCommand = (root: Command) => void;

/** Every command, in the order of `--help`. */
export const commands: readonly RegisterCommand[] = [];
