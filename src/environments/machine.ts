import { arch, cpus, release, totalmem, type } from 'node:os';
import type { FixtureConditions } from '../probe/index.ts';

/** The machine that the lab is on. */
export function machine(): FixtureConditions['machine'] {
  return {
    os: `${type()} ${release()} ${arch()}`,
    cpus: cpus().length,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
  };
}
