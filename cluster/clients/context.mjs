// Puts together what the images of the cluster's test clients are built from.
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../../scripts/arguments.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..', '..');
const { positionals } = readArguments(
  `Usage: node cluster/clients/context.mjs [FOLDER]
Makes FOLDER/clients (grpc-go and grpc-js of interop/), FOLDER/envoy and
FOLDER/zipkin, from which the images of the cluster's test clients are built
(default build/cluster).
Example:
  node interop/install.mjs go envoy zipkin
  node cluster/clients/context.mjs build/cluster`,
  {},
  true,
);
const folder = resolve(positionals[0] ?? join(root, 'build', 'cluster'));

/** Image → what is copied there from the repository. */
const contexts = {
  clients: {
    'build/interop/go/client': 'go-client',
    'build/interop/go/caller': 'go-caller',
    'package.json': 'package.json',
    'package-lock.json': 'package-lock.json',
    'packages/xds/package.json': 'packages/xds/package.json',
    'interop/node': 'interop/node',
    'src/gen': 'src/gen',
    'cluster/clients/clients.Dockerfile': 'Dockerfile',
  },
  envoy: {
    'build/envoy/envoy/_bin/envoy': 'envoy',
    'cluster/clients/envoy.Dockerfile': 'Dockerfile',
  },
  zipkin: {
    'build/interop/zipkin/zipkin.jar': 'zipkin.jar',
    'cluster/clients/zipkin.Dockerfile': 'Dockerfile',
  },
};

for (const [name, files] of Object.entries(contexts)) {
  const missing = Object.keys(files).find((path) => !existsSync(join(root, path)));
  if (missing !== undefined) {
    console.error(`${missing} is missing; run: npm run generate && node interop/install.mjs go envoy zipkin`);
    process.exit(2);
  }
  rmSync(join(folder, name), { recursive: true, force: true });
  for (const [from, to] of Object.entries(files)) {
    const target = join(folder, name, to);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, from), target, { recursive: true });
  }
}
