// The server of slow-reader.ts: changes a large assignment when it is told to, and says what it holds.
import { AdsServer, buildAssignment, SnapshotCache } from '@evenkeel/xds';

const endpoints = Number(process.argv[2]);
const cache = new SnapshotCache();

function change(generation: number): void {
  cache.set(
    buildAssignment({
      clusterName: 'shared',
      localities: [
        {
          endpoints: Array.from({ length: endpoints }, (_, index) => ({
            address: `10.${generation % 250}.${index >> 8}.${index & 255}`,
            port: 50_051,
          })),
        },
      ],
    }),
  );
}

change(0);
const server = new AdsServer({ cache, coalesceMs: 0, keepaliveMs: 0 });
const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
process.on('message', (told: { readonly generation?: number }) => {
  if (told.generation !== undefined) change(told.generation);
  // A collection takes longer than the change, so none is asked for while changes are timed.
  else globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({
    residentBytes: rss,
    usedBytes: heapUsed + arrayBuffers,
    streams: server.open.streams,
    cpuMs: (user + system) / 1_000,
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
