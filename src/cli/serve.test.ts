import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ServeProcess } from '../controlplane/testing/serve-process.ts';
import { svcConfig } from '../controlplane/testing/system-e.ts';
import { FakeApiServer, sendStatus } from '../discovery/kubernetes/testing/fake-api-server.ts';
import { serviceObject } from '../discovery/kubernetes/testing/objects.ts';
import { ZoneServer } from '../discovery/testing/zone-server.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'evenkeel-serve-'));
after(() => rm(folder, { recursive: true }));

const anyPort = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];

function run(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, 'serve', ...args], (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

async function fileWith(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const endpoints = (...services: string[]) =>
  `apiVersion: evenkeel.dev/v1\nkind: Endpoints\nservices:\n${services.map((line) => `  - ${line}\n`).join('')}`;
const good = await fileWith('good.yaml', endpoints('{ name: be1-srv, ports: [{ port: 50051 }], endpoints: [] }'));

test('bad input ends with 2, a code, the place and no stack trace', async () => {
  const service = '{ name: be1-srv, ports: [{ port: 50051 }], endpoints: [] }';
  const cases: [string, string[], RegExp][] = [
    [
      'bad JSON',
      ['--config', await fileWith('svc_config.json', '{"services": [{]}')],
      /EK_FILE_SYNTAX.*\n.*svc_config\.json:1:\d+/,
    ],
    [
      'wrong field',
      ['--endpoints', await fileWith('wrong.yaml', endpoints('{ name: be1-srv, ports: [], endpoint: [] }'))],
      /EK_CONFIG_INVALID.*\n.*wrong\.yaml:4:\d+, field services\[0\]/,
    ],
    [
      'duplicate Service',
      ['--endpoints', await fileWith('twice.yaml', endpoints(service, service))],
      /EK_DUPLICATE_SERVICE.*default\/be1-srv.*\n.*twice\.yaml:5/,
    ],
    ['no such file', ['--endpoints', join(folder, 'missing.yaml')], /EK_FILE_READ.*missing\.yaml/],
    ['no address', ['--endpoints', good, '--xds-listen', 'everywhere'], /EK_USAGE.*everywhere.*\n.*--xds-listen/],
    [
      'no kubeconfig',
      ['--kubernetes', '--kubeconfig', join(folder, 'kubeconfig')],
      /EK_KUBE_CONFIG.*cannot be read.*\n.*kubeconfig/,
    ],
    [
      'namespaces of no Kubernetes',
      ['--endpoints', good, '--namespaces', 'shop'],
      /EK_USAGE.*has no effect.*\n.*--namespaces[\s\S]*Add --kubernetes/,
    ],
    ['nothing to serve', [], /EK_USAGE.*nothing to serve/],
  ];
  const runs = cases.map(async ([what, args, expected]) => {
    const { exitCode, stdout, stderr } = await run(...anyPort, ...args);
    assert.match(stderr, expected, what);
    assert.equal(exitCode, 2, what);
    assert.equal(stdout, '', what);
    assert.doesNotMatch(stderr, /^ +at .*\(.*:\d+:\d+\)/m, what);
  });
  await Promise.all(runs);
});

test('a port that is taken is said to be, for xDS and for admin', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  after(() => taken.close());
  await once(taken, 'listening');
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  for (const flag of ['--xds-listen', '--admin-listen']) {
    const { exitCode, stderr } = await run('--endpoints', good, ...anyPort, flag, address, '--json');
    assert.equal(exitCode, 2);
    const { error } = JSON.parse(stderr.trim().split('\n').at(-1)!);
    assert.equal(error.code, 'EK_PORT_IN_USE');
    assert.equal(error.field, flag);
    assert.ok(error.message.includes(address));
  }
});

test('--check reads the files and serves nothing', async () => {
  const config = await fileWith('two.json', svcConfig('be1-srv', 'be2-srv'));
  const checked = await run('--check', '--endpoints', good, '--config', config);
  assert.deepEqual([checked.exitCode, checked.stdout], [0, 'configuration is good; Services: 1 by file, 2 by dns\n']);
  const asJson = await run('--check', '--json', '--endpoints', good);
  assert.deepEqual(JSON.parse(asJson.stdout), { event: 'checked', services: { file: 1 } });
  const bad = await run('--check', '--endpoints', await fileWith('broken.yaml', 'services: ['));
  assert.equal(bad.exitCode, 2);
});

test('--check --resolve asks DNS, and a name that does not exist ends it', async () => {
  const dns = await ZoneServer.start();
  after(() => dns.close());
  const config = await fileWith('named.json', svcConfig('be1-srv'));
  const { exitCode, stdout, stderr } = await run(
    ...['--check', '--resolve', '--config', config, '--dns', `${dns.address.host}:${dns.address.port}`],
  );
  assert.equal(exitCode, 2);
  assert.match(stderr, /EK_DNS_NAME: .*_grpc\._tcp\.be1-srv\.default\.svc\.cluster\.local does not exist/);
  assert.equal(stdout, '');
});

test('--help has every option and an example', async () => {
  const { exitCode, stdout } = await run('--help');
  assert.equal(exitCode, 0);
  for (const option of [
    '--config',
    '--endpoints',
    '--dns',
    '--xds-listen',
    '--admin-listen',
    '--check',
    '--resolve',
    '--json',
  ]) {
    assert.ok(stdout.includes(option), option);
  }
  assert.match(stdout, /Examples:\n +evenkeel serve --endpoints/);
});

test('a SIGTERM or SIGINT ends it with 0', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const serve = new ServeProcess(['--endpoints', good, ...anyPort]);
    await serve.ready();
    assert.equal(await serve.end(signal), 0);
  }
});

test('until the first sync readyz is 503 and says what is missing', async () => {
  const silent = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  after(() => silent.close());
  await once(silent, 'listening');
  const dns = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const config = await fileWith('one.json', svcConfig('be1-srv'));
  const serve = new ServeProcess(['--config', config, '--dns', dns, ...anyPort]);
  after(() => serve.end('SIGKILL'));
  const { admin } = await serve.listening();
  const answer = await fetch(`http://${admin}/readyz`);
  assert.equal(answer.status, 503);
  const { ready, reasons } = (await answer.json()) as { ready: boolean; reasons: string[] };
  assert.equal(ready, false);
  assert.match(reasons[0]!, /source dns has not told everything yet/);
  assert.equal((await fetch(`http://${admin}/healthz`)).status, 200);
  assert.equal(await serve.end('SIGTERM'), 0);
});

test('--check --resolve asks the API server of a kubeconfig, and missing rights end it', async (t) => {
  const fake = await FakeApiServer.start();
  t.after(() => fake.stop());
  fake.apply('services', serviceObject('shop/orders'));
  fake.apply('services', serviceObject('shop/stock'));
  const { server } = fake.access;
  const kubeconfig = await fileWith(
    'kubeconfig.json',
    JSON.stringify({
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server } }],
      users: [{ name: 'test', user: { token: 'secret' } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    }),
  );
  const asked = ['--kubernetes', '--kubeconfig', kubeconfig, '--namespaces', 'shop,shop', '--check'];
  const good = await run(...asked, '--resolve', '--json');
  assert.deepEqual(
    [good.exitCode, JSON.parse(good.stdout)],
    [0, { event: 'checked', services: { kubernetes: 2 } }],
    good.stderr,
  );
  assert.equal(fake.count('services', 'list'), 1, 'a namespace that is named twice is one');
  fake.intercept = (_request, response) => {
    sendStatus(response, 403, 'User "test" cannot do that');
    return true;
  };
  const without = await run(...asked);
  assert.deepEqual([without.exitCode, without.stdout], [0, 'configuration is good\n'], without.stderr);
  const forbidden = await run(...asked, '--resolve');
  assert.equal(forbidden.exitCode, 2);
  assert.match(
    forbidden.stderr,
    /EK_KUBE_FORBIDDEN: the API server forbids to list \w+.* in namespace shop: User "test"/,
  );
  assert.match(forbidden.stderr, /Grant the verb list on/);
});
