import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..', '..');

/** Builds the grpc-go server with health and reflection; Go's own cache makes the second time quick. */
export async function buildServer(): Promise<string> {
  const folder = join(root, 'build', 'interop', 'probe');
  mkdirSync(folder, { recursive: true });
  const binary = join(folder, 'server');
  const source = join(root, 'interop', 'probe', 'go');
  await promisify(execFile)('go', ['build', '-C', source, '-buildvcs=false', '-o', binary, '.']);
  return binary;
}
