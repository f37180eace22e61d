// Generates src/gen/ from the protobuf files of our own (proto/) and of the packages that ship the xDS API.
// Neither the foreign files nor the generated code is committed (see ARCHITECTURE.md, "Generated code").
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';
import { run } from './run.mjs';

readArguments(`Usage: npm run generate
Generates src/gen from the protobuf files of proto/ and of the packages that
ship the xDS API.
Example:
  npm run generate`);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const protos = join(root, 'build', 'protos');

/** Folders that are merged into one import root. */
const trees = [
  'node_modules/@grpc/grpc-js-xds/deps/envoy-api',
  'node_modules/@grpc/grpc-js-xds/deps/xds',
  'node_modules/@grpc/grpc-js-xds/deps/googleapis',
  'node_modules/@grpc/grpc-js-xds/deps/protoc-gen-validate',
  'proto',
];

/** What is generated; whatever these import comes along. */
const paths = [
  'echo',
  'hello',
  'podname',
  'chain',
  'sample/service',
  'grpc/reflection',
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
];

function protoFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.proto'))
    .map((name) => join(folder, name));
}

rmSync(protos, { recursive: true, force: true });
mkdirSync(protos, { recursive: true });
for (const tree of trees) {
  for (const file of protoFiles(join(root, tree))) {
    const inside = file.slice(join(root, tree).length);
    if (/^\/(tests|java)\//.test(inside) || existsSync(join(protos, inside))) continue;
    cpSync(file, join(protos, inside));
  }
}
cpSync(join(root, 'node_modules/grpc-health-check/proto/health'), join(protos, 'health'), { recursive: true });
cpSync(join(root, 'node_modules/@grpc/reflection/build/proto/grpc'), join(protos, 'grpc'), { recursive: true });

// The shipped validate.proto is older than its users and lacks this option; it only steers validation code.
for (const file of protoFiles(protos)) {
  const text = readFileSync(file, 'utf8');
  if (!text.includes('ignore_empty')) continue;
  writeFileSync(file, text.replace(/\bignore_empty\s*:\s*(true|false)\s*,?/g, '').replace(/,(\s*})/g, '$1'));
}

await run('buf', ['generate', ...paths.flatMap((path) => ['--path', join('build', 'protos', path)])], root);
