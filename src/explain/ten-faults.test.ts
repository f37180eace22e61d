// Ten faults at once, one of which somebody has: the first line has the cause.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { AdsTestClient, loadReportPath, typeUrls } from '@evenkeel/xds';
import { LoadStatsRequestSchema } from '@evenkeel/xds/gen/envoy/service/load_stats/v3/lrs_pb';
import { readyEndpoint } from '../controlplane/testing/told-source.ts';
import { painter } from '../probe/print/layout.ts';
import { printExplanation } from './print-explanation.ts';
import { explain } from './show-explanation.ts';
import { frozenAdmin } from './testing/frozen-admin.ts';
import { plantedFaults, plantedTargets, plantFaults } from './testing/ten-faults.ts';

const node = { id: 'web-1', userAgentName: 'gRPC Go', userAgentVersion: '1.85.0', metadata: { namespace: 'shop' } };
const sick = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => readyEndpoint(address));

/** A report of ten calls to each pod; those to the first failed. */
const report: MessageInitShape<typeof LoadStatsRequestSchema> = {
  clusterStats: [
    {
      clusterName: 'shop/sick:50051',
      upstreamLocalityStats: sick.map(({ address }, index) => ({
        locality: { subZone: `${address}:50051` },
        totalIssuedRequests: 100n,
        ...(index === 0 ? { totalErrorRequests: 100n } : { totalSuccessfulRequests: 100n }),
      })),
    },
  ],
};

test('of ten faults each is named in the first line', async (t) => {
  const { admin, xds, ejected } = await plantFaults(t, { orders: [readyEndpoint('127.0.0.1')], sick });
  const client = await AdsTestClient.connect(`http://${xds}`, { node });
  t.after(() => client.close());
  const load = client.call(loadReportPath);
  const send = (message: MessageInitShape<typeof LoadStatsRequestSchema>) =>
    load.send(toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, message)));
  send({ node });
  await load.receive();
  const isOut = ejected();
  const reports = setInterval(() => send(report), 1_000);
  t.after(() => clearInterval(reports));
  send(report);

  const ads = client.sotw();
  const names = plantedTargets.map((target) => target.replace('xds:///', ''));
  await ads.requestResponseAck(typeUrls.listener, names);
  await ads.requestResponseNack(typeUrls.endpoint, ['shop/broken:50051'], 'priority 200');
  await isOut;
  clearInterval(reports);

  const frozen = await frozenAdmin(t);
  for (const { fault, target, says, isUnknownClient, isFrozenReplica } of plantedFaults) {
    const admins = isFrozenReplica ? [admin, frozen] : [admin];
    const found = await explain({ target, from: isUnknownClient ? 'web-9' : 'web-1', admins });
    assert.match(printExplanation(found, painter(false)).split('\n')[0]!, says, fault);
  }
});
