// Clients of slow-reader.ts that subscribe and then never read: they are stopped (SIGSTOP) when they have said so.
import { AdsTestClient, typeUrls } from '@evenkeel/xds';

const [, , port, count] = process.argv;
for (let left = Number(count); left > 0; left--) {
  const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`);
  const stream = left % 2 === 0 ? client.sotw() : client.delta();
  if ('requestResponseAck' in stream) {
    await stream.requestResponseAck(
      typeUrls.endpoint,
      (left % 2 === 0 ? ['shared'] : { subscribe: ['shared'] }) as never,
    );
  }
}
process.send?.('subscribed');
// Stopped from outside; the end of the channel is the end.
process.on('disconnect', () => process.exit(0));
setInterval(() => {}, 1_000);
