import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EvenkeelError } from '../base/errors.ts';
import { clientBootstrap } from './client-bootstrap.ts';

const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

test('the command prints a bootstrap that every client takes', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    'bootstrap',
    ...['--server', 'xds-srv:18000', '--namespace', 'shop', '--node-id', 'fe-1', '--zone', 'zone-a'],
  ]);
  assert.deepEqual(JSON.parse(stdout), {
    xds_servers: [
      {
        server_uri: 'xds-srv:18000',
        channel_creds: [{ type: 'insecure' }],
        server_features: ['xds_v3', 'ignore_resource_deletion'],
      },
    ],
    node: {
      id: 'fe-1',
      locality: { region: '', zone: 'zone-a', sub_zone: '' },
      metadata: { namespace: 'shop' },
    },
  });
});

test('inside a pod the environment says who the client is', () => {
  const { node } = clientBootstrap({}, { POD_NAME: 'fe-787cd7ddd-8w4h5', POD_NAMESPACE: 'shop' }) as {
    node: { id: string; metadata: object };
  };
  assert.equal(node.id, 'fe-787cd7ddd-8w4h5');
  assert.deepEqual(node.metadata, { namespace: 'shop' });
});

test('a client can be named as a caller', () => {
  const { node } = clientBootstrap({ workload: 'web' }, {}) as { node: { metadata: object } };
  assert.deepEqual(node.metadata, { namespace: 'default', workload: 'web' });
});

test('addresses of a control plane', () => {
  for (const server of ['127.0.0.1:18000', '[::1]:18000', 'xds-srv.default:18000', 'dns:///xds-srv:18000']) {
    clientBootstrap({ server });
  }
  for (const server of ['', 'xds-srv', '18000', ':18000', 'xds-srv:', 'a b:18000', 'xds-srv:port']) {
    assert.throws(
      () => clientBootstrap({ server }),
      (error: unknown) => error instanceof EvenkeelError && error.code === 'EK_USAGE',
      server,
    );
  }
});

test('with TLS the client is told where its files are, and never to do without', async () => {
  const files = { ca: '/tls/ca.crt', cert: '/tls/tls.crt', key: '/tls/tls.key' };
  const serversOf = (options: Parameters<typeof clientBootstrap>[0]) =>
    (clientBootstrap(options, {}) as { xds_servers: { server_uri: string; channel_creds: object[] }[] }).xds_servers;
  assert.deepEqual(serversOf({ tls: files })[0]!.server_uri, '127.0.0.1:18443');
  assert.deepEqual(serversOf({ tls: files })[0]!.channel_creds, [
    {
      type: 'tls',
      config: {
        ca_certificate_file: '/tls/ca.crt',
        certificate_file: '/tls/tls.crt',
        private_key_file: '/tls/tls.key',
        refresh_interval: '60s',
      },
    },
  ]);
  assert.deepEqual(serversOf({ tls: {} })[0]!.channel_creds, [{ type: 'tls', config: {} }]);

  const run = (...args: string[]) => promisify(execFile)(process.execPath, [main, 'bootstrap', ...args]);
  const { stdout } = await run('--tls-ca', '/tls/ca.crt', '--tls-cert', '/tls/tls.crt', '--tls-key', '/tls/tls.key');
  assert.deepEqual(JSON.parse(stdout).xds_servers[0].channel_creds, serversOf({ tls: files })[0]!.channel_creds);
  const plain = await run('--tls');
  assert.equal(JSON.parse(plain.stdout).xds_servers[0].channel_creds[0].type, 'tls');
  await assert.rejects(run('--tls-cert', '/tls/tls.crt'), /EK_USAGE.*belong together/);
});
