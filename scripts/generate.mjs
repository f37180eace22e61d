// Generates packages/xds/src/gen/ from the protobuf files of the packages that ship the xDS API, and src/gen/ from our own.
// Neither the foreign files nor the generated code is committed (see ARCHITECTURE.md, "Generated code").
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';
import { run } from './run.mjs';

readArguments(`Usage: npm run generate
Generates packages/xds/src/gen from the protobuf files of the packages that
ship the xDS API, and src/gen from those of proto/.
Example:
  npm run generate`);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const protos = join(root, 'build', 'protos');
const api = 'node_modules/@grpc/grpc-js-xds/deps';

/** What the product speaks. */
const own = {
  template: 'buf.gen.yaml',
  folder: join(protos, 'own'),
  trees: { proto: '', 'node_modules/@grpc/reflection/build/proto/grpc': 'grpc' },
  paths: ['echo', 'hello', 'podname', 'chain', 'sample/service', 'grpc/reflection'],
};

/** What the library is made of and offers as `@evenkeel/xds/gen/…`. */
const xds = {
  template: join('packages', 'xds', 'buf.gen.yaml'),
  folder: join(protos, 'xds'),
  trees: {
    [`${api}/envoy-api`]: '',
    [`${api}/xds`]: '',
    [`${api}/googleapis`]: '',
    [`${api}/protoc-gen-validate`]: '',
    'node_modules/grpc-health-check/proto/health': 'health',
  },
  /** Whatever these import comes along. */
  paths: [
    'health/v1',
    'envoy/service/discovery/v3/ads.proto',
    'envoy/config/listener/v3/listener.proto',
    'envoy/service/listener/v3/lds.proto',
    'envoy/service/route/v3/rds.proto',
    'envoy/service/cluster/v3/cds.proto',
    'envoy/service/endpoint/v3/eds.proto',
    'envoy/service/status/v3/csds.proto',
    'envoy/service/load_stats/v3/lrs.proto',
    'envoy/extensions/filters/network/http_connection_manager/v3',
    'envoy/extensions/filters/http/router/v3',
    'envoy/extensions/filters/http/fault/v3',
    'envoy/extensions/upstreams/http/v3',
    'envoy/extensions/access_loggers/stream/v3',
    'envoy/extensions/load_balancing_policies/round_robin/v3',
    'envoy/extensions/load_balancing_policies/wrr_locality/v3',
    'envoy/extensions/load_balancing_policies/least_request/v3',
    'envoy/extensions/load_balancing_policies/ring_hash/v3',
    'envoy/extensions/load_balancing_policies/pick_first/v3',
    'envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3',
    'envoy/extensions/transport_sockets/tls/v3',
  ],
};

function protoFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.proto'))
    .map((name) => join(folder, name));
}

/** Merges the trees into one import root. */
function gather({ folder, trees }) {
  mkdirSync(folder, { recursive: true });
  for (const [tree, place] of Object.entries(trees)) {
    for (const file of protoFiles(join(root, tree))) {
      const inside = file.slice(join(root, tree).length);
      const target = join(folder, place, inside);
      if (/^\/(tests|java)\//.test(inside) || existsSync(target)) continue;
      cpSync(file, target);
    }
  }
}

rmSync(protos, { recursive: true, force: true });
for (const source of [own, xds]) gather(source);

// The shipped validate.proto is older than its users and lacks this option; it only steers validation code.
for (const file of protoFiles(xds.folder)) {
  const text = readFileSync(file, 'utf8');
  if (!text.includes('ignore_empty')) continue;
  writeFileSync(file, text.replace(/\bignore_empty\s*:\s*(true|false)\s*,?/g, '').replace(/,(\s*})/g, '$1'));
}

for (const { template, folder, paths } of [own, xds]) {
  const only = paths.flatMap((path) => ['--path', relative(root, join(folder, path))]);
  await run('buf', ['generate', '--template', template, ...only], root);
}
