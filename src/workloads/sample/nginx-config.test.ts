import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type NginxSettings, nginxConfig } from './nginx-config.ts';

const settings: NginxSettings = {
  directory: '/run/front',
  listen: '127.30.1.4:8080',
  pod: 'sample-nginx-1',
  routes: [
    { path: '/go', upstream: 'sample-service-go.default.svc.cluster.local:8080' },
    { path: '/js', upstream: 'sample-service-js.default.svc.cluster.local:8080' },
  ],
  resolvers: ['127.30.0.53:53'],
  deadlineMs: 2000,
  asRoot: false,
};

test('the configuration of the front', (t) => {
  t.assert.fileSnapshot(nginxConfig(settings), join(import.meta.dirname, 'testdata', 'nginx.conf'), {
    serializers: [String],
  });
});

test('as root the workers stay root, so that they may write to the folder', () => {
  assert.match(nginxConfig({ ...settings, asRoot: true }), /^user root root;$/m);
});

test('without a DNS server there is no resolver line', () => {
  assert.doesNotMatch(nginxConfig({ ...settings, resolvers: [] }), /^\s*resolver /m);
});

test('a name cannot leave its string', () => {
  const config = nginxConfig({ ...settings, pod: "it's $host\\" });
  assert.ok(config.includes("add_header evenkeel-pod 'it\\'s host\\\\';"), config);
});
