import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { clientBootstrap } from '../src/bootstrap/client-bootstrap.ts';
import { EchoBackend } from '../src/controlplane/testing/echo-backend.ts';
import { XdsClient } from '../src/controlplane/testing/xds-client.ts';

// The packages as somebody else gets them: packed, unpacked into another project, without a network.
const root = resolve(import.meta.dirname, '..');
const modules = join(root, 'node_modules');
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-pack-'));
const run = promisify(execFile);

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
}
const read = (path: string): Manifest => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as Manifest;
const manifests = {
  evenkeel: read('.'),
  '@evenkeel/xds': read('packages/xds'),
  '@evenkeel/conformance': read('packages/conformance'),
};
type Package = keyof typeof manifests;
const tarballs = new Map<string, string>();

function symlinkTo(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

function link(name: string, project: string): void {
  symlinkTo(join(modules, name), join(project, 'node_modules', name));
}

/** A project with the packages and, of what else there is, only their dependencies and `others`. */
async function projectWith(
  name: string,
  packages: readonly Package[],
  others: readonly string[] = [],
): Promise<string> {
  const project = join(folder, name);
  for (const one of packages) {
    const installed = join(project, 'node_modules', one);
    mkdirSync(installed, { recursive: true });
    await run('tar', ['-xzf', tarballs.get(one)!, '--strip-components=1', '-C', installed]);
    for (const [command, file] of Object.entries(manifests[one].bin ?? {})) {
      chmodSync(join(installed, file), 0o755);
      symlinkTo(join(installed, file), join(project, 'node_modules', '.bin', command));
    }
  }
  const wanted = packages
    .flatMap((one) => Object.keys(manifests[one].dependencies))
    .filter((one) => !tarballs.has(one));
  for (const dependency of new Set([...wanted, ...others])) link(dependency, project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  return project;
}

/** What packing needs of this repository, so that nothing of an earlier build gets in and nothing of this one stays. */
function copyOfRepository(): string {
  const copy = join(folder, 'source');
  const inputs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'LICENSE', 'src', 'packages', 'scripts'];
  const published = manifests.evenkeel.files.filter((name) => !name.includes('dist'));
  for (const input of [...inputs, ...published]) {
    const filter = (path: string): boolean => !/\/(?:dist|node_modules)$/.test(path);
    cpSync(join(root, input), join(copy, input), { recursive: true, filter });
  }
  for (const name of readdirSync(modules)) {
    if (name !== '@evenkeel') symlinkTo(join(modules, name), join(copy, 'node_modules', name));
  }
  for (const name of ['xds', 'conformance'])
    symlinkTo(join(copy, 'packages', name), join(copy, 'node_modules', '@evenkeel', name));
  return copy;
}

before(async () => {
  const cwd = copyOfRepository();
  const env = { ...process.env, npm_config_cache: join(folder, 'cache'), npm_config_update_notifier: 'false' };
  const manifest = readFileSync(join(cwd, 'packages', 'xds', 'package.json'), 'utf8');
  for (const [name, workspace] of [
    ['@evenkeel/xds', ['--workspace', '@evenkeel/xds']],
    ['@evenkeel/conformance', ['--workspace', '@evenkeel/conformance']],
    ['evenkeel', []],
  ] as const) {
    const args = ['pack', ...workspace, '--offline', '--json', '--pack-destination', folder];
    const { stdout } = await run('npm', args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    const filename = /"filename": "([^"]+\.tgz)"/.exec(stdout)?.[1];
    assert.ok(filename !== undefined, stdout);
    tarballs.set(name, join(folder, filename.replace('@', '').replace('/', '-')));
  }
  assert.equal(
    readFileSync(join(cwd, 'packages', 'xds', 'package.json'), 'utf8'),
    manifest,
    'npm pack leaves no trace',
  );
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('a plain JavaScript project serves a real client with the example of 30 lines', async (t) => {
  const example = join(root, 'packages', 'xds', 'examples', 'xds-server.js');
  assert.ok(readFileSync(example, 'utf8').trimEnd().split('\n').length <= 30);
  const project = await projectWith('plain', ['@evenkeel/xds']);
  cpSync(example, join(project, 'xds-server.js'));

  const net = `127.${30 + (process.pid % 60)}`;
  const first = await EchoBackend.start(`${net}.9.1`, 0);
  const second = await EchoBackend.start(`${net}.9.2`, first.port);
  const backends = [first, second];
  const program = spawn(
    process.execPath,
    ['xds-server.js', ...backends.map(({ address, port }) => `${address}:${port}`)],
    { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(program, 'exit');
  t.after(async () => {
    program.kill('SIGKILL');
    await exited;
    for (const backend of backends) backend.stop();
  });
  const [line] = (await once(program.stdout.setEncoding('utf8'), 'data')) as [string];
  const server = /xDS on (\S+)/.exec(line)?.[1];
  assert.ok(server !== undefined, line);

  const client = new XdsClient(clientBootstrap({ server, namespace: 'default', nodeId: 'outside' }, {}));
  t.after(() => client.close());
  await client.callUntil('orders.shop', [first.address, second.address]);
  assert.deepEqual([...(await client.calls('orders.shop', 20)).values()], [10, 10]);

  program.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});

test('a TypeScript project checks against the published types, libraries included, and runs', async () => {
  const project = await projectWith('typed', ['@evenkeel/xds'], ['@types/node', 'undici-types']);
  cpSync(join(root, 'packages', 'xds', 'examples', 'xds-in-typescript.ts'), join(project, 'main.ts'));
  const compilerOptions = {
    target: 'es2023',
    lib: ['esnext'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: false,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  const tsc = join(modules, 'typescript', 'bin', 'tsc');
  await run(process.execPath, [tsc, '-p', '.'], { cwd: project }).catch(({ stdout }: { stdout: string }) =>
    assert.fail(stdout),
  );

  const { stdout } = await run(process.execPath, ['main.ts'], { cwd: project });
  assert.deepEqual(JSON.parse(stdout), {
    names: ['a'],
    version: 'v1',
    accepted: ['ts type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment v1'],
  });
});

test("a cache of one's own is served, and an error is caught by its class", async () => {
  const project = await projectWith('own', ['@evenkeel/xds']);
  cpSync(join(root, 'packages', 'xds', 'examples', 'own-cache.js'), join(project, 'own-cache.js'));
  const { stdout } = await run(process.execPath, ['own-cache.js'], { cwd: project });
  assert.deepEqual(JSON.parse(stdout), {
    names: [['orders'], ['orders']],
    isChange: true,
    field: 'endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address',
  });
});

test('the library has one dependency and is smaller than 1 MB', () => {
  assert.deepEqual(Object.keys(manifests['@evenkeel/xds'].dependencies), ['@bufbuild/protobuf']);
  assert.ok(statSync(tarballs.get('@evenkeel/xds')!).size < 1_000_000);
});

test('evenkeel starts with the packed library', async () => {
  const project = await projectWith('product', ['evenkeel', '@evenkeel/xds']);
  const main = join(project, 'node_modules', 'evenkeel', 'dist', 'cli', 'main.js');
  const { stdout } = await run(process.execPath, [main, 'bootstrap', '--server', '127.0.0.1:18000']);
  assert.equal((JSON.parse(stdout) as { xds_servers: unknown[] }).xds_servers.length, 1);
  const page = join(project, 'node_modules', 'evenkeel', 'dist', 'dashboard', 'page');
  assert.deepEqual(readdirSync(page).sort(), ['LICENSES.txt', 'app.css', 'app.js', 'index.html']);
});

test('the conformance suite runs as its README says, from a project that has nothing else', async () => {
  const project = await projectWith('conformance', ['@evenkeel/conformance', '@evenkeel/xds']);
  const readme = readFileSync(join(project, 'node_modules', '@evenkeel', 'conformance', 'README.md'), 'utf8');
  const lines = [...readme.matchAll(/^(npx @evenkeel\/conformance (?:--driver evenkeel|--list)) +# /gm)].map(
    ([, line]) => line,
  );
  assert.equal(lines.length, 2);
  const env = { ...process.env, npm_config_cache: join(folder, 'cache'), npm_config_update_notifier: 'false' };
  const options = { cwd: project, env: { ...env, npm_config_offline: 'true' } };
  const [checked, listed] = await Promise.all(lines.map((line) => run('sh', ['-c', `${line} --only nonces`], options)));
  assert.match(checked!.stdout, /^evenkeel \(@evenkeel\/xds\) at [\s\S]*^2 held, 0 failed$/m);
  assert.match(listed!.stdout, /^sotw\/nonces {2}MUST /m);
});

test('an older Node is told so, without a stack trace', async () => {
  const project = await projectWith('old', ['evenkeel', '@evenkeel/xds', '@evenkeel/conformance']);
  const [oldest] = /\d+/.exec(manifests.evenkeel.engines.node)!;
  const version = `${Number(oldest) - 1}.9.0`;
  const before = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'${version}'}})`;
  for (const command of ['evenkeel', 'xds-conformance']) {
    const args = ['--import', before, join(project, 'node_modules', '.bin', command), '--help'];
    const stderr = `${command} needs Node ${oldest} or newer, and this is Node ${version}\n`;
    await assert.rejects(run(process.execPath, args), { code: 2, stdout: '', stderr });
  }
});
