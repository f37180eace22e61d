import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Program → version, of evenkeel itself and of what its figures depend on. */
export async function versions(): Promise<Record<string, string>> {
  const packages = ['@grpc/grpc-js', '@grpc/grpc-js-xds'];
  const own = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return {
    evenkeel: own.version,
    node: process.versions.node,
    ...Object.fromEntries(
      packages.map((name) => [name, (require(`${name}/package.json`) as { version: string }).version]),
    ),
  };
}
