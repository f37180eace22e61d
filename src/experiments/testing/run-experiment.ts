import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Output, outputOf } from '../../base/testing/output-of.ts';

/** `evenkeel experiment …` as a person runs it. */
export function runExperiment(args: readonly string[]): Promise<Output> {
  const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
  return outputOf(spawn(process.execPath, [main, 'experiment', ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
}
