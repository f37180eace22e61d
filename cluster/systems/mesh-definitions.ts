// Where the definitions (CRDs) of Gateway API and Istio are: in their Go modules, which `go` keeps once it has them.
// Run by itself, it fetches them, for a machine that will have no network later.
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const sources = [
  { module: 'sigs.k8s.io/gateway-api@v1.4.0', path: 'config/crd/standard' },
  { module: 'istio.io/api@v1.28.0', path: 'kubernetes/customresourcedefinitions.gen.yaml' },
];

/** Paths for `kubectl apply --filename`; undefined where `go` is missing or cannot get them. */
export function meshDefinitions(): string[] | undefined {
  const paths = sources.flatMap(({ module, path }) => {
    const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', module], {
      cwd: tmpdir(),
      encoding: 'utf8',
    });
    return status === 0 ? [join(JSON.parse(stdout).Dir, path)] : [];
  });
  return paths.length === sources.length ? paths : undefined;
}

if (import.meta.filename === process.argv[1] && meshDefinitions() === undefined) {
  console.error('the definitions of Gateway API and Istio could not be fetched by `go mod download`');
  process.exitCode = 1;
}
