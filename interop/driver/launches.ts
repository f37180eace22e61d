import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launch } from './client-process.ts';

const interop = fileURLToPath(new URL('../', import.meta.url));

/** How our program in each language is started, with the gRPC library that is installed in a folder. */
export const launches = {
  go: (folder: string): Launch => ({ command: join(folder, 'client'), args: [], env: {} }),
  java: (folder: string): Launch => ({
    command: 'java',
    // A small, quick-starting JVM: a test client needs no server compiler and no large heap.
    args: [
      ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m'],
      ...['-cp', `${join(folder, 'classes')}:${join(folder, 'lib', '*')}`, 'evenkeel.interop.Client'],
    ],
    env: {},
  }),
  python: (folder: string): Launch => ({
    command: 'python3',
    args: [join(interop, 'python', 'client.py')],
    env: { PYTHONPATH: folder },
  }),
  /** @param file - the program, which finds the library by itself */
  node: (file = join(interop, 'node', 'client.ts')): Launch => ({ command: process.execPath, args: [file], env: {} }),
  rust: (program: string): Launch => ({ command: program, args: [], env: {} }),
} as const;
