import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { EvenkeelError } from '../base/errors.ts';
import { connect } from '../environments/cluster/connect.ts';
import { newName } from '../environments/cluster/namespace.ts';
import { parseProveOptions } from '../environments/cluster/options.ts';

/** Runs `work` with a kubeconfig that names this server, or with none. */
async function withKubeconfig(server: string | undefined, work: () => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-prove-'));
  const before = { KUBECONFIG: process.env.KUBECONFIG, HOME: process.env.HOME };
  try {
    process.env.HOME = folder;
    delete process.env.KUBECONFIG;
    if (server !== undefined) {
      process.env.KUBECONFIG = join(folder, 'config');
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'c', cluster: { server } }],
        users: [{ name: 'u', user: { token: 't' } }],
        contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'here',
      };
      writeFileSync(process.env.KUBECONFIG, stringify(config));
    }
    await work();
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true });
  }
}

/** An API server that gives one answer to everything. */
async function withApi(answer: RequestListener, work: () => Promise<void>): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    await withKubeconfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, work);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function fails(code: string, message: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof EvenkeelError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.equal(error.exitCode, 2);
    return true;
  };
}

test('without a kubeconfig it says so, and calls nobody', () =>
  withKubeconfig(undefined, () => assert.rejects(connect(), fails('EK_KUBE_CONFIG', /^there is no kubeconfig$/))));

test('an unknown context is named beside those that there are', () =>
  withKubeconfig('http://127.0.0.1:1', async () => {
    await assert.rejects(connect('there'), (error: EvenkeelError) => {
      assert.equal(error.location.field, '--context');
      assert.equal(error.hint, 'It has: here.');
      return fails('EK_KUBE_CONFIG', /no context "there"/)(error);
    });
  }));

test('an API that does not answer is named', () =>
  withKubeconfig('http://127.0.0.1:1', () =>
    assert.rejects(
      connect(),
      fails('EK_PROVE_CLUSTER', /^the Kubernetes API at http:\/\/127\.0\.0\.1:1 does not answer: \S/),
    ),
  ));

test('credentials that are not accepted', () =>
  withApi(
    (_request, response) => response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"Nope"}'),
    () => assert.rejects(connect(), fails('EK_KUBE_UNAUTHORIZED', /does not know who asks: HTTP 401/)),
  ));

test('an API that answers tells its version', () =>
  withApi(
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"gitVersion":"v1.34.2"}'),
    async () => {
      const { version, context } = await connect('here');
      assert.deepEqual({ version, context }, { version: 'v1.34.2', context: 'here' });
    },
  ));

test('options of the wrong form are refused with the flag', () => {
  const refused = (work: () => unknown, field: string): void =>
    assert.throws(work, (error: EvenkeelError) => {
      assert.equal(error.location.field, field);
      return fails('EK_USAGE', /./)(error);
    });
  refused(() => parseProveOptions({ imagePullPolicy: 'Sometimes' }), '--image-pull-policy');
  refused(() => parseProveOptions({ controlPlane: 'evenkeel' }), '--control-plane');
  refused(() => newName('Not_A_Name'), '--namespace-prefix');
  refused(() => newName('a'.repeat(60)), '--namespace-prefix');
});

test('names of namespaces begin as asked for and are their own', () => {
  assert.match(newName(), /^evenkeel-prove-[0-9a-f]{8}$/);
  assert.match(newName('team-a'), /^team-a-[0-9a-f]{8}$/);
  assert.notEqual(newName(), newName());
});
