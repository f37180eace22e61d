import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProxy, proxyOf } from './proxy-of.ts';

const through = { HTTPS_PROXY: 'http://proxy:3128' };

for (const [server, env, expected] of [
  ['https://kube.example:6443', {}, undefined],
  ['https://kube.example:6443', through, 'http://proxy:3128'],
  ['https://kube.example:6443', { https_proxy: 'http://proxy:3128' }, 'http://proxy:3128'],
  ['https://kube.example:6443', { ...through, https_proxy: 'http://other:1' }, 'http://proxy:3128'],
  ['https://kube.example:6443', { HTTP_PROXY: 'http://proxy:3128' }, undefined],
  ['http://kube.example:8080', { HTTP_PROXY: 'http://proxy:3128' }, 'http://proxy:3128'],
  ['http://kube.example:8080', through, undefined],
  ['https://kube.example:6443', { HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128'],
  ['https://kube.example:6443', { HTTPS_PROXY: '10.0.0.1' }, 'http://10.0.0.1'],
  ['https://kube.example:6443', { HTTPS_PROXY: 'socks5://proxy:1080' }, 'socks5://proxy:1080'],
  ['https://localhost:6443', through, undefined],
  ['https://127.1.2.3:6443', through, undefined],
  ['https://[::1]:6443', through, undefined],
] as const) {
  test(`${server} with ${JSON.stringify(env)} is reached ${expected ?? 'directly'}`, () => {
    const proxy = proxyOf(new URL(server), undefined, env);
    assert.equal(proxy && describeProxy(proxy), expected);
  });
}

for (const [noProxy, server, isDirect] of [
  ['*', 'https://kube.example', true],
  ['other, *', 'https://kube.example', true],
  ['kube.example', 'https://kube.example:6443', true],
  ['KUBE.example', 'https://kube.example:6443', true],
  ['example', 'https://kube.example:6443', true],
  ['.example', 'https://kube.example:6443', true],
  ['*.example', 'https://kube.example:6443', true],
  ['.example', 'https://example:6443', false],
  ['be.example', 'https://kube.example', false],
  ['kube.example:6443', 'https://kube.example:6443', true],
  ['kube.example:443', 'https://kube.example:6443', false],
  ['kube.example:443', 'https://kube.example', true],
  ['kübe.example', 'https://kübe.example', true],
  ['10.0.0.1', 'https://10.0.0.1:6443', true],
  ['10.0.0.1:6443', 'https://10.0.0.1:6443', true],
  ['10.0.0.1:443', 'https://10.0.0.1:6443', false],
  ['10.0.0.0/8', 'https://10.96.0.1', true],
  ['10.0.0.0/8', 'https://11.0.0.1', false],
  ['10.0.0.0/99', 'https://10.0.0.1', false],
  ['10.', 'https://10.0.0.1', false],
  ['fd00::/8', 'https://[fd00::1]:6443', true],
  ['fd00::1', 'https://[fd00:0::1]:6443', true],
  ['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
  ['[fd00::1]:443', 'https://[fd00::1]:6443', false],
  ['10.0.0.0/8', 'https://kube.example', false],
  [' , :80,', 'https://kube.example', false],
  ['', 'https://kube.example', false],
] as const) {
  test(`NO_PROXY=${noProxy} ${isDirect ? 'names' : 'does not name'} ${server}`, () => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      assert.equal(proxyOf(new URL(server), undefined, { ...through, [name]: noProxy }) === undefined, isDirect);
    }
  });
}

test('proxy-url of the kubeconfig goes before the environment, and for everything', () => {
  const env = { ...through, NO_PROXY: '*' };
  const proxy = proxyOf(new URL('https://127.0.0.1'), 'http://user:secret@mine:8080', env)!;
  assert.equal(proxy.username, 'user');
  assert.equal(describeProxy(proxy), 'http://mine:8080');
});

for (const text of ['ftp://proxy:21', 'http://', 'no proxy', 'socks4://proxy']) {
  test(`"${text}" is no proxy`, () => {
    const server = new URL('https://kube.example');
    assert.throws(() => proxyOf(server, text, {}), { code: 'EK_KUBE_CONFIG', message: /^proxy-url is no URL/ });
    assert.throws(() => proxyOf(server, undefined, { https_proxy: text }), /HTTPS_PROXY is no URL/);
  });
}
