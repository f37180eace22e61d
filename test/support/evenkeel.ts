import { resolve } from 'node:path';
import { type Outcome, outcomeOf, type RunOptions, root } from './outcome.ts';

/** Runs the command line to its end. */
export function evenkeel(args: readonly string[], { env, ...options }: RunOptions = {}): Promise<Outcome> {
  const main = resolve(root, 'src/cli/main.ts');
  return outcomeOf(process.execPath, [main, ...args], { ...options, env: { EVENKEEL_LOG: 'warn', ...env } });
}
