// Runs one program of node_modules/.bin (or PATH) to its end, output passed on, and fails with its name.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

export function run(command, args, cwd, env = {}) {
  const PATH = [join(cwd, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env, PATH },
    });
    child.once('error', (cause) => reject(new Error(`${command} could not be started: ${cause.message}`, { cause })));
    child.once('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${signal ?? `exit code ${code}`}`)),
    );
  });
}
