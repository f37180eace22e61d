// Tells gRPC clients where the Service orders.shop is:
//   node xds-server.js 127.0.0.1:50051 127.0.0.2:50051
// A client with this server in its bootstrap calls xds:///orders.shop, and each of its calls goes to the next endpoint.
import { AdsServer, buildApiListener, buildAssignment, buildEdsCluster, buildRoute, SnapshotCache } from 'evenkeel/xds';

const name = 'shop/orders:50051';
const cache = new SnapshotCache();

/** To be called again with every change: clients are sent what is different, within milliseconds. */
function publish(addresses) {
  const endpoints = addresses.map((text) => ({ address: text.split(':')[0], port: Number(text.split(':')[1]) }));
  const localities = endpoints.length === 0 ? [] : [{ endpoints }];
  cache.setSnapshot({
    resources: [
      buildApiListener({ name: 'orders.shop', routeName: name }),
      buildRoute({ name, cluster: name }),
      buildEdsCluster({ name }),
      buildAssignment({ clusterName: name, localities }),
    ],
  });
}

publish(process.argv.slice(2));
const server = new AdsServer({ cache });
const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
console.log(`xDS on ${host}:${port}`);
process.once('SIGTERM', () => server.close());
