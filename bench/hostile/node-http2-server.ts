// The same library on a server of node:http2, for comparison: its bounds are Node's.
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { AdsServer, buildApiListener, http2ServerOptions, SnapshotCache } from '@evenkeel/xds';

const cache = new SnapshotCache();
cache.update({
  set: Array.from({ length: 100 }, (_, index) => buildApiListener({ name: `svc-${index}`, routeName: `svc-${index}` })),
});
const server = createServer(http2ServerOptions());
new AdsServer({ cache }).mount(server);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ xds: `127.0.0.1:${port}` }));
});
