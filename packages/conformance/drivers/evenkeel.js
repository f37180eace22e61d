// evenkeel, as a library: npx @evenkeel/conformance --driver 'node drivers/evenkeel.js'
import { createInterface } from 'node:readline';
import { AdsServer, fromAny, SnapshotCache } from '@evenkeel/xds';

const cache = new SnapshotCache();
const server = new AdsServer({ cache, group: (node) => node.id });
const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

say({ ok: true, server: `${host}:${port}`, name: 'evenkeel (@evenkeel/xds)' });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { node, set, remove } = JSON.parse(line);
    cache.update({
      group: node,
      set: set.map(({ typeUrl, name, value }) => fromAny({ typeUrl, value: Buffer.from(value, 'base64') }, { name })),
      remove,
    });
    say({ ok: true });
  } catch (error) {
    say({ error: error.message });
  }
}
await server.close();
