import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { GoTestEvents } from '../go-test-events.ts';

/** Where grpc-go has its management server: once for gRPC, once for the xDS client by itself. */
const places = [
  { folder: 'internal/testutils/xds/e2e', fake: 'google.golang.org/grpc/internal/testutils/xds/fakeserver' },
  {
    folder: 'internal/xds/clients/internal/testutils/e2e',
    fake: 'google.golang.org/grpc/internal/xds/clients/internal/testutils/fakeserver',
  },
] as const;
const ourServer = join(import.meta.dirname, 'server.go');
const goModule = join(import.meta.dirname, '..', '..', 'go');

/** grpc-go as its module has it, and what replaces its management servers. */
export interface GrpcGo {
  readonly version: string;
  readonly go: string;
  /** A copy of the module: nothing in the module cache may be replaced. */
  readonly folder: string;
  /** For `go test -overlay`. */
  readonly overlay: string;
}

/**
 * Fetches the version that `interop/go` uses from the Go module proxy, where it is not in the cache yet.
 *
 * @param build - folder for what is made
 */
export function findGrpcGo(build: string): GrpcGo {
  const go = (...args: string[]): string => execFileSync('go', args, { cwd: goModule, encoding: 'utf8' }).trim();
  const module = 'google.golang.org/grpc';
  const { Version: version, Dir: cached } = JSON.parse(go('mod', 'download', '-json', `${module}@${pinned(module)}`));
  const folder = join(build, `grpc@${version}`);
  mkdirSync(build, { recursive: true });
  if (!existsSync(folder)) {
    const unfinished = join(build, 'unfinished');
    rmSync(unfinished, { recursive: true, force: true });
    cpSync(cached, unfinished, { recursive: true });
    renameSync(unfinished, folder);
  }
  const text = readFileSync(ourServer, 'utf8');
  const replace = places.map(({ folder: place, fake }, index) => {
    const file = join(build, `server-${index}.go`);
    writeFileSync(file, text.replace(places[0].fake, fake));
    return [join(folder, place, 'server.go'), file];
  });
  const overlay = join(build, 'overlay.json');
  writeFileSync(overlay, JSON.stringify({ Replace: Object.fromEntries(replace) }));
  return { version, go: go('env', 'GOVERSION'), folder, overlay };
}

function pinned(module: string): string {
  const found = new RegExp(`^\\s*${module} (\\S+)$`, 'm').exec(readFileSync(join(goModule, 'go.mod'), 'utf8'));
  if (found === null) throw new Error(`interop/go/go.mod does not name ${module}`);
  return found[1]!;
}

/** Folders whose tests can start a management server, from the root of the module. */
export function packagesOf({ folder }: GrpcGo): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('_test.go'));
  const imports = places.map(({ folder: place }) => `"google.golang.org/grpc/${place}`);
  const using = files.filter((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return imports.some((one) => text.includes(one));
  });
  return [...new Set(using.map(dirname))].sort();
}

export interface GoTestOptions {
  readonly packages: readonly string[];
  /** For `-run`; default: all. */
  readonly pattern?: string | undefined;
  /** Address of the control of evenkeel servers; undefined: grpc-go's own servers. */
  readonly control?: string | undefined;
  readonly progress: (line: string) => void;
}

/** Runs tests of grpc-go, a package after the other. */
export async function goTest(grpcGo: GrpcGo, options: GoTestOptions): Promise<GoTestEvents> {
  const { packages, pattern, control, progress } = options;
  const args = ['test', '-json', '-count=1', '-p=1', '-vet=off', '-timeout=15m'];
  if (control !== undefined) args.push(`-overlay=${grpcGo.overlay}`);
  if (pattern !== undefined) args.push(`-run=${pattern}`);
  const child = spawn('go', [...args, ...packages.map((folder) => `./${folder}`)], {
    cwd: grpcGo.folder,
    env: { ...process.env, EVENKEEL_SUITE_CONTROL: control ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  const events = new GoTestEvents();
  const began = performance.now();
  for await (const line of createInterface({ input: child.stdout })) {
    events.line(line);
    const [, name] = /"Action":"(?:pass|fail|skip)","Package":"([^"]+)"(?!,"Test")/.exec(line) ?? [];
    if (name !== undefined) progress(`${Math.round((performance.now() - began) / 1000)} s: ${folderOf(name)}`);
  }
  await ended;
  return events;
}

/** The folder of a package of grpc-go. */
export function folderOf(name: string): string {
  return relative('google.golang.org/grpc', name);
}
