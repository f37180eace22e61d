// The programs of docs/clients.md are compiled and run as they stand, each against one `evenkeel serve`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { clientBootstrap } from '../src/bootstrap/client-bootstrap.ts';
import { ServeProcess } from '../src/controlplane/testing/serve-process.ts';
import { Backend } from './fixture/backend.ts';

const root = resolve(import.meta.dirname, '..');
const built = join(root, 'build', 'interop');
mkdirSync(join(root, 'build'), { recursive: true });
// Inside the repository, since Node looks for packages in the folders above a program.
const folder = mkdtempSync(join(root, 'build', 'snippets-'));
after(() => rmSync(folder, { recursive: true }));

const backend = new Backend('be1-0');
after(() => backend.drain(0));
const port = await backend.listen('127.0.0.1', 0);
writeFileSync(
  join(folder, 'endpoints.json'),
  JSON.stringify({
    apiVersion: 'evenkeel.dev/v1',
    kind: 'Endpoints',
    services: [
      {
        name: 'be1-srv',
        ports: [{ name: 'grpc', port }],
        endpoints: [{ address: '127.0.0.1', pod: backend.pod }],
      },
    ],
  }),
);
const serve = new ServeProcess([
  ...['--endpoints', join(folder, 'endpoints.json')],
  ...['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
]);
after(() => serve.end('SIGTERM'));
const { xds } = await serve.listening();
await serve.ready();
const bootstrap = JSON.stringify(clientBootstrap({ server: xds, namespace: 'default', nodeId: 'snippet' }));

interface Language {
  readonly name: string;
  /** As the page's code block is marked. */
  readonly mark: string;
  readonly file: string;
  readonly command: readonly string[];
  /** There once the language's part of interop is installed. */
  readonly needs?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly beside?: readonly string[];
}

const languages: readonly Language[] = [
  {
    name: 'Go',
    mark: 'go',
    file: 'main.go',
    command: ['go', 'run', '.'],
    needs: 'go/client',
    beside: ['interop/go/go.mod', 'interop/go/go.sum'],
    env: { GOFLAGS: '-mod=mod' },
  },
  {
    name: 'Java',
    mark: 'java',
    file: 'Main.java',
    command: ['java', '-XX:TieredStopAtLevel=1', '-cp', join(built, 'java', 'lib', '*'), 'Main.java'],
    needs: 'java/lib',
  },
  {
    name: 'Python',
    mark: 'python',
    file: 'main.py',
    command: ['python3', 'main.py'],
    needs: 'python/grpc',
    env: { PYTHONPATH: [join(built, 'python'), process.env.PYTHONPATH ?? ''].filter(Boolean).join(delimiter) },
  },
  { name: 'Node', mark: 'js', file: 'main.mjs', command: [process.execPath, 'main.mjs'] },
];

const page = readFileSync(join(root, 'docs', 'clients.md'), 'utf8');

for (const { name, mark, file, command, needs, env, beside = [] } of languages) {
  const missing = needs !== undefined && !existsSync(join(built, needs));
  const skip = missing && process.env.EVENKEEL_REQUIRE !== 'all' && 'not installed: node interop/install.mjs';
  test(`the program in ${name} runs as it stands`, { skip, timeout: 300_000 }, async () => {
    const [block, ...more] = [...page.matchAll(new RegExp(`^\`\`\`${mark}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))];
    assert.ok(block !== undefined && more.length === 0, `docs/clients.md has one program in ${name}`);
    const cwd = join(folder, mark);
    mkdirSync(cwd);
    writeFileSync(join(cwd, file), block[1]!);
    for (const path of beside) copyFileSync(join(root, path), join(cwd, path.slice(path.lastIndexOf('/') + 1)));
    const { stdout } = await promisify(execFile)(command[0]!, command.slice(1), {
      cwd,
      env: { ...process.env, ...env, GRPC_XDS_BOOTSTRAP_CONFIG: bootstrap },
    });
    assert.equal(stdout.trim(), 'SERVING');
  });
}
