import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { AdsTestClient, type ReceivedResponse, typeUrls } from '@evenkeel/xds';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { EchoBackend } from './testing/echo-backend.ts';
import { type FileService, replaceEndpointFile } from './testing/endpoint-file.ts';
import { Load } from './testing/load.ts';
import { ServeProcess } from './testing/serve-process.ts';
import { XdsClient } from './testing/xds-client.ts';

// Two real control planes on the same endpoint file. Each test begins where the last ended.
const folder = await mkdtemp(join(tmpdir(), 'evenkeel-replicas-'));
const file = join(folder, 'endpoints.yaml');
const net = `127.${100 + (process.pid % 60)}`;
const canonical = 'default/be1-srv:50051';
/** What a client of `be1-srv` names in each type. */
const named = {
  [typeUrls.listener]: 'be1-srv.default',
  [typeUrls.route]: canonical,
  [typeUrls.cluster]: canonical,
  [typeUrls.endpoint]: canonical,
};
const replicas: { readonly serve: ServeProcess; readonly xds: string }[] = [];

function service(endpoints: FileService['endpoints']): FileService {
  return { name: 'be1-srv', port: 50051, endpoints };
}

async function startReplica(...flags: string[]): Promise<{ readonly serve: ServeProcess; readonly xds: string }> {
  const listen = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const serve = new ServeProcess(['--endpoints', file, ...listen, ...flags]);
  const { xds } = await serve.listening();
  await serve.ready();
  return { serve, xds };
}

async function connect(t: TestContext, xds: string): Promise<AdsTestClient> {
  const client = await AdsTestClient.connect(`http://${xds}`);
  t.after(() => client.close());
  return client;
}

before(async () => {
  await replaceEndpointFile(file, [service([{ address: `${net}.1.1` }, { address: `${net}.1.2` }])]);
  replicas.push(...(await Promise.all([startReplica(), startReplica()])));
});

after(async () => {
  await Promise.all(replicas.map(({ serve }) => serve.end('SIGKILL')));
  await rm(folder, { recursive: true });
});

/** What a replica answers, state of the world and delta, when a client names everything of a Service. */
async function answers(t: TestContext, xds: string): Promise<ReceivedResponse[]> {
  const client = await connect(t, xds);
  const [sotw, delta] = [client.sotw(), client.delta()];
  const received: ReceivedResponse[] = [];
  for (const [typeUrl, name] of Object.entries(named)) {
    received.push(await sotw.requestResponseAck(typeUrl, [name]));
    received.push(await delta.requestResponseAck(typeUrl, { subscribe: [name] }));
  }
  return received;
}

const essence = ({ typeUrl, version, resources }: ReceivedResponse) => ({ typeUrl, version, resources });

test('two replicas on the same input serve identical versions and bytes', async (t) => {
  const [first, second] = await Promise.all(replicas.map(({ xds }) => answers(t, xds)));
  assert.equal(first!.length, 8);
  assert.deepEqual(first!.map(essence), second!.map(essence));
  for (const { names } of first!) assert.equal(names.length, 1);
});

test('state of the world: the next replica sends again everything that a client names, whatever version it shows', async (t) => {
  const held = (await answers(t, replicas[0]!.xds)).filter(({ resources }) => resources[0]?.version === undefined);
  const moved = (await connect(t, replicas[1]!.xds)).sotw();
  for (const { typeUrl, version, names } of held) {
    moved.send({ typeUrl, names, version });
    const again = await moved.responseAck(typeUrl);
    assert.deepEqual([again.names, again.version], [names, version]);
  }
  await moved.expectNoResponse();
});

test('delta: the next replica sends nothing of what a client shows it has, and what changed', async (t) => {
  const held = (await answers(t, replicas[0]!.xds)).filter(({ resources }) => resources[0]?.version !== undefined);
  const moved = (await connect(t, replicas[1]!.xds)).delta();
  for (const { typeUrl, names, resources } of held) {
    const initialVersions = Object.fromEntries(resources.map(({ name, version }) => [name, version ?? '']));
    moved.request(typeUrl, { subscribe: names, initialVersions });
  }
  await moved.expectNoResponse();
  await replaceEndpointFile(file, [service([{ address: `${net}.1.1` }])]);
  assert.deepEqual((await moved.responseAck(typeUrls.endpoint)).names, [canonical]);
  await moved.expectNoResponse();
});

test('a grpc-js-xds client goes from one replica to the other, loses no call, and follows changes there', async (t) => {
  const first = await EchoBackend.start(`${net}.2.1`, 0);
  const second = await EchoBackend.start(`${net}.2.2`, first.port);
  const ofPort = (endpoints: FileService['endpoints']): FileService => ({
    ...service(endpoints),
    name: 'be2-srv',
    port: first.port,
  });
  await replaceEndpointFile(file, [ofPort([{ address: first.address }])]);
  const server = `ipv4:${replicas.map(({ xds }) => xds).join(',')}`;
  const client = new XdsClient(clientBootstrap({ server, namespace: 'default', nodeId: 'mover' }, {}));
  t.after(async () => {
    await client.close();
    first.stop();
    second.stop();
  });
  const load = new Load(client, 'be2-srv');
  t.after(() => load.stop());
  await load.until([first.address]);

  const [leaving] = replicas.splice(0, 1);
  assert.equal(await leaving!.serve.end('SIGTERM'), 0);
  await replaceEndpointFile(file, [ofPort([{ address: first.address }, { address: second.address }])]);
  await load.until([first.address, second.address]);
  assert.deepEqual(await load.stop(), []);
});

test('at the configured age a client is asked to reconnect, in good order', async (t) => {
  const young = await startReplica('--xds-max-connection-age-ms', '300');
  t.after(() => young.serve.end('SIGKILL'));
  const client = await connect(t, young.xds);
  const goaway = once(client.session, 'goaway');
  const ads = client.sotw();
  ads.request(typeUrls.listener, ['be2-srv.default']);
  assert.equal((await goaway)[0], 0, 'NO_ERROR');
  assert.deepEqual(await ads.ended, { code: 14, message: 'the server asks to connect anew' });
});
