import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Output, outputOf } from '../../base/testing/output-of.ts';

/** `evenkeel experiment …` as a person runs it. */
export function runExperiment(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Output> {
  const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
  const env = { ...process.env, ...more };
  return outputOf(spawn(process.execPath, [main, 'experiment', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
}
