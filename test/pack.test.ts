import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { clientBootstrap } from '../src/bootstrap/client-bootstrap.ts';
import { EchoBackend } from '../src/controlplane/testing/echo-backend.ts';
import { XdsClient } from '../src/controlplane/testing/xds-client.ts';

// The package as somebody else gets it: packed, unpacked into another project, without a network.
const root = resolve(import.meta.dirname, '..');
const modules = join(root, 'node_modules');
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-pack-'));
const run = promisify(execFile);

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly files: readonly string[];
}
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

function link(name: string, project: string): void {
  const path = join(project, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(modules, name), path);
}

/** A project with the package and, of what else there is, only its dependencies and `others`. */
async function projectWith(name: string, others: readonly string[] = []): Promise<string> {
  const project = join(folder, name);
  const installed = join(project, 'node_modules', 'evenkeel');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', join(folder, 'package.tgz'), '--strip-components=1', '-C', installed]);
  for (const dependency of [...Object.keys(manifest.dependencies), ...others]) link(dependency, project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  return project;
}

before(async () => {
  // From a copy, so that nothing of an earlier build gets in, and nothing of this one stays.
  const copy = join(folder, 'source');
  const inputs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'LICENSE', 'src', ...manifest.files];
  for (const input of inputs) {
    if (input !== 'dist') cpSync(join(root, input), join(copy, input), { recursive: true });
  }
  symlinkSync(modules, join(copy, 'node_modules'));
  const env = { ...process.env, npm_config_cache: join(folder, 'cache'), npm_config_update_notifier: 'false' };
  const { stdout } = await run('npm', ['pack', '--offline', '--json', '--pack-destination', folder], {
    cwd: copy,
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  const filename = /"filename": "([^"]+\.tgz)"/.exec(stdout)?.[1];
  assert.ok(filename !== undefined, stdout);
  cpSync(join(folder, filename), join(folder, 'package.tgz'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('a plain JavaScript project serves a real client with the example of 30 lines', async (t) => {
  const example = join(root, 'examples', 'xds-server.js');
  assert.ok(readFileSync(example, 'utf8').trimEnd().split('\n').length <= 30);
  const project = await projectWith('plain');
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
  const project = await projectWith('typed', ['@types/node', 'undici-types']);
  cpSync(join(root, 'examples', 'xds-in-typescript.ts'), join(project, 'main.ts'));
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
