import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..', '..');

/**
 * Makes a folder of what is published, as the image has it: both packages as `npm pack` makes them, and a compile cache. It has to be
 * inside this repository, whose node_modules have what they depend on.
 */
export function makeProduct(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const library = join(folder, 'node_modules', '@evenkeel', 'xds');
  mkdirSync(library, { recursive: true });
  const run = (command: string, args: string[], env = process.env): void =>
    void execFileSync(command, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
  run('npm', ['pack', '--include-workspace-root', '--workspace', '@evenkeel/xds', '--pack-destination', folder]);
  const packed = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  for (const name of packed) {
    const to = name.startsWith('evenkeel-xds-') ? library : folder;
    run('tar', ['-xzf', join(folder, name), '-C', to, '--strip-components=1']);
  }
  run(process.execPath, [join(root, 'deploy', 'image', 'warm-cache.mjs'), join(folder, 'dist')], productEnv(folder));
}

/** Environment in which the product finds its compile cache. */
export function productEnv(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, NODE_ENV: 'production', NODE_COMPILE_CACHE: join(folder, 'compile-cache') };
}
