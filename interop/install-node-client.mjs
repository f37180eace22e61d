import { cpSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../scripts/run.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Copies our program for Node into a folder and installs the oldest grpc-js-xds there, with a version of grpc-js. */
export async function installNodeClient(folder, grpcJs) {
  for (const path of ['interop/node', 'src/gen/echo']) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  const dependencies = { '@grpc/grpc-js-xds': '1.10.1', '@grpc/grpc-js': grpcJs, '@bufbuild/protobuf': '2.17.0' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--silent'], folder);
}
