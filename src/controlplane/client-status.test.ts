import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AdsTestClient, typeUrls } from '@evenkeel/xds';
import {
  ClientStatusRequestSchema,
  type ClientStatusResponse,
  ClientStatusResponseSchema,
  ConfigStatus,
} from '@evenkeel/xds/gen/envoy/service/status/v3/csds_pb';
import { Client, credentials } from '@grpc/grpc-js';
import { ControlPlane } from './control-plane.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

/** Asks a control plane for its clients, one of which is connected. */
async function askWith(t: TestContext, clientStatus: 'none' | 'loopback' | undefined): Promise<ClientStatusResponse> {
  const discovery = new ToldSource();
  const controlPlane = new ControlPlane({
    sources: [{ name: 'told', discovery }],
    health: { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 },
    ...{ clusterDomain: 'cluster.local', version: '1.2.3', log: logCapture().log, clientStatus },
  });
  const { port } = await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  discovery.tell.upsert(grpcService('shop/orders', [readyEndpoint('10.0.0.1')]));
  discovery.tell.synced();
  const ads = await AdsTestClient.connect(`http://127.0.0.1:${port}`, { node: { id: 'web-1' } });
  t.after(() => ads.close());
  const stream = ads.sotw();
  await stream.requestResponse(typeUrls.cluster, ['shop/orders:50051']);
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  t.after(() => client.close());
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus',
      () => Buffer.from(toBinary(ClientStatusRequestSchema, create(ClientStatusRequestSchema))),
      (bytes: Buffer) => fromBinary(ClientStatusResponseSchema, bytes),
      null,
      (error, response) => (error === null ? resolve(response!) : reject(error)),
    );
  });
}

test('clients are shown on the xDS port where that is asked for, and else the method does not exist', async (t) => {
  const unimplemented = 12;
  await assert.rejects(askWith(t, undefined), { code: unimplemented });
  await assert.rejects(askWith(t, 'none'), { code: unimplemented });
  const { config } = await askWith(t, 'loopback');
  assert.deepEqual(
    config.map(({ node, genericXdsConfigs: [first] }) => [node?.id, first?.name, first?.configStatus]),
    [['web-1', 'shop/orders:50051', ConfigStatus.STALE]],
  );
});
