import { join } from 'node:path';
import { type Outcome, outcomeOf, type RunOptions, root } from '../../test/support/outcome.ts';

/** Runs a program and resolves with what it printed. @throws Error with what it complained of where it fails */
export async function run(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

export function kubectl(args: readonly string[], options?: RunOptions): Promise<string> {
  return run('kubectl', args, options);
}

/** Runs the command line of evenkeel. */
export function evenkeel(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return outcomeOf(process.execPath, [join(root, 'src/cli/main.ts'), ...args], options);
}
