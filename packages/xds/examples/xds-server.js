// node xds-server.js 127.0.0.1:50051 127.0.0.2:50051  tells gRPC clients where the Service orders.shop is.
// A client with this server in its bootstrap calls xds:///orders.shop, and each of its calls goes to the next endpoint.
import * as xds from '@evenkeel/xds';

const name = 'shop/orders:50051';
const cache = new xds.SnapshotCache();

/** To be called again with every change: clients are sent what is different, within milliseconds. */
function publish(addresses) {
  const endpoints = addresses.map((text) => ({ address: text.split(':')[0], port: Number(text.split(':')[1]) }));
  const localities = endpoints.length === 0 ? [] : [{ endpoints }];
  cache.setSnapshot({
    resources: [
      xds.buildApiListener({ name: 'orders.shop', routeName: name }),
      xds.buildRoute({ name, cluster: name }),
      xds.buildEdsCluster({ name }),
      xds.buildAssignment({ clusterName: name, localities }),
    ],
  });
}

publish(process.argv.slice(2));
const server = new xds.AdsServer({ cache });
const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
console.log(`xDS on ${host}:${port}`);
process.once('SIGTERM', () => server.close());
