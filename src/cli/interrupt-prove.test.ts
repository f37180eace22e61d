import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { appLabel } from '../environments/cluster/plan.ts';
import { type Interruptible, startInterruptible } from './testing/interrupted.ts';

const timeout = 60_000;

interface KubeObject {
  readonly kind: string;
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly replicas?: number };
}

/** What of a Kubernetes API a proof asks for, and what it was asked. */
interface Api {
  readonly requests: string[];
  /** Resolves with the response of a request like that, once it is asked. */
  asked(wanted: RegExp): Promise<ServerResponse>;
}

const resources = {
  '/api/v1': ['ServiceAccount', 'ConfigMap', 'Service', 'Pod', 'Namespace'],
  '/apis/apps/v1': ['Deployment'],
  '/apis/batch/v1': ['Job'],
  '/apis/rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding'],
};

/** @param silent - requests like these get no answer, but by the test */
async function startApi(t: TestContext, silent: RegExp): Promise<Api & { readonly kubeconfig: string }> {
  const made: KubeObject[] = [];
  const requests: string[] = [];
  const responses: ServerResponse[] = [];
  let look = (): void => {};
  const answerTo = (method: string, path: string, body: string): unknown => {
    const kinds = resources[path as keyof typeof resources];
    if (kinds !== undefined) {
      const plural = (kind: string) => ({ name: `${kind.toLowerCase()}s`, kind, namespaced: kind !== 'Namespace' });
      return { kind: 'APIResourceList', groupVersion: path, resources: kinds.map(plural) };
    }
    if (path === '/version') return { gitVersion: 'v1.34.0' };
    if (path.endsWith('selfsubjectaccessreviews')) return { status: { allowed: true } };
    if (path.endsWith('/pods')) return { items: podsOf(made) };
    if (method === 'DELETE') return { status: 'Success' };
    if (method !== 'POST') return { items: [] };
    const object = JSON.parse(body) as KubeObject;
    made.push(object);
    return { ...object, metadata: { ...object.metadata, uid: 'uid' } };
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { method = '', url = '' } = request;
      const { pathname } = new URL(url, 'http://api');
      requests.push(`${method} ${pathname}`);
      responses.push(response);
      look();
      if (silent.test(`${method} ${pathname}`)) return;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answerTo(method, pathname, body)));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-prove-'));
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const kubeconfig = join(folder, 'config');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'here' },
    clusters: [{ name: 'c', cluster: { server: address } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(kubeconfig, stringify(config));
  const asked = (wanted: RegExp): Promise<ServerResponse> =>
    new Promise((resolve) => {
      look = () => {
        const index = requests.findIndex((request) => wanted.test(request));
        if (index >= 0) resolve(responses[index]!);
      };
      look();
    });
  return { requests, asked, kubeconfig };
}

/** All are ready at once. */
function podsOf(made: readonly KubeObject[]): object[] {
  return made.flatMap(({ kind, metadata, spec }) => {
    const count = kind === 'Job' ? 1 : kind === 'Deployment' ? (spec?.replicas ?? 1) : 0;
    return Array.from({ length: count }, (_, index) => ({
      metadata: { name: `${metadata?.name}-${index}`, labels: { [appLabel]: metadata?.name } },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    }));
  });
}

function prove(t: TestContext, kubeconfig: string): Interruptible {
  const args = ['prove', '--schemes', 'clusterip-grpc', '--image', 'evenkeel:test'];
  return startInterruptible(t, args, { env: { KUBECONFIG: kubeconfig } });
}

const line =
  /note: SIGINT: ending; a second one ends this at once, and evenkeel prove --clean\n {2}deletes what is left\n/;
const nothing = /note: the run was ended before anything was measured\n$/;

test('Ctrl-C ends prove while the cluster does not answer', { timeout }, async (t) => {
  const api = await startApi(t, /\/version$/);
  const run = prove(t, api.kubeconfig);
  await api.asked(/\/version$/);
  run.interrupt();
  const { code, stdout, stderr } = await run.ended;
  assert.deepEqual([code, stdout], [3, ''], stderr);
  assert.match(stderr, line);
  assert.match(stderr, nothing);
  assert.deepEqual(api.requests, ['GET /version']);
  await run.nothingLeft();
});

const podLog = /\/log$/;
const podGoes = /^DELETE .*\/pods\//;
const namespaceGoes = /^DELETE \/api\/v1\/namespaces\/[^/]+$/;

test('Ctrl-C ends prove in the middle of the calls, and its namespace goes', { timeout }, async (t) => {
  const api = await startApi(t, podLog);
  const run = prove(t, api.kubeconfig);
  const follow = await api.asked(podLog);
  follow.writeHead(200).write('{"event":"step","text":"calling"}\n');
  await run.said(/^calling/m);
  run.interrupt();
  await api.asked(podGoes);
  follow.end('{"event":"failed","code":"EK_INTERNAL","message":"ended","hint":""}\n');
  const { code, stdout, stderr } = await run.ended;
  assert.deepEqual([code, stdout], [3, ''], stderr);
  assert.match(stderr, line);
  assert.match(stderr, /note: namespace evenkeel-prove-\w+ is still being deleted\n/);
  assert.match(stderr, nothing);
  assert.match(api.requests.at(-1)!, namespaceGoes);
  await run.nothingLeft();
});

test('a report that does not come, and a namespace that does not go, do not hold prove', { timeout }, async (t) => {
  const api = await startApi(t, /\/log$|^DELETE /);
  const run = prove(t, api.kubeconfig);
  await api.asked(podLog);
  run.interrupt();
  const { code, stderr } = await run.ended;
  assert.equal(code, 3, stderr);
  assert.match(stderr, /could not be deleted/);
  await run.nothingLeft();
});

test('a second Ctrl-C ends prove at once', { timeout }, async (t) => {
  const api = await startApi(t, /\/log$|^DELETE /);
  const run = prove(t, api.kubeconfig);
  await api.asked(podLog);
  run.interrupt();
  await api.asked(podGoes);
  run.interrupt();
  const { signal, stderr } = await run.ended;
  assert.equal(signal, 'SIGINT', stderr);
  assert.match(stderr, line);
  await run.nothingLeft();
});
