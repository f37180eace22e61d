// A process that is a client as others are: PORT RESOURCE SECONDS [tls]. Every 30 ms a call on one connection, every 100 ms a
// connection of its own with a listener request. Prints what it waited, in milliseconds; a call without an answer counts as
// the whole time that it waited.
import { type ClientHttp2Session, connect } from 'node:http2';
import { adsSotwPath, frameMessage } from '@evenkeel/xds';
import { field } from './raw-connection.ts';

const [port, resource, seconds, tls] = process.argv.slice(2);
const url = `${tls === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}`;
const listener = 'type.googleapis.com/envoy.config.listener.v3.Listener';
const patienceMs = 10_000;
const waited: number[] = [];
let unanswered = 0;

function session(): ClientHttp2Session {
  const made = connect(url, { rejectUnauthorized: false });
  made.on('error', () => {});
  return made;
}

/** Sends one message; resolves when something comes back. */
async function call(on: ClientHttp2Session, path: string, message: Uint8Array): Promise<void> {
  const begun = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const answered = await new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs);
    if (on.destroyed || on.closed) return void setTimeout(() => resolve(false), 100);
    const stream = on.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    stream.on('error', () => resolve(false));
    stream.on('close', () => resolve(false));
    // Both a message and a status alone are an answer.
    stream.on('response', (headers) => {
      if (headers['grpc-status'] !== undefined) resolve(true);
    });
    stream.on('trailers', () => resolve(true));
    stream.on('data', () => resolve(true));
    stream.write(frameMessage(message));
    stream.on('close', () => clearTimeout(timer));
    setTimeout(() => stream.close(8), patienceMs).unref();
    if (path !== adsSotwPath) stream.end();
  });
  clearTimeout(timer);
  waited.push(performance.now() - begun);
  if (!answered) unanswered += 1;
}

const end = performance.now() + Number(seconds) * 1_000;
const running = new Set<Promise<void>>();
const start = (work: Promise<void>): void => {
  running.add(work);
  void work.then(() => running.delete(work));
};
let steady = session();
for (let turn = 0; performance.now() < end; turn++) {
  if (steady.destroyed || steady.closed) steady = session();
  start(call(steady, '/grpc.health.v1.Health/Check', Buffer.alloc(0)));
  if (turn % 3 === 0) {
    const own = session();
    start(
      call(own, adsSotwPath, Buffer.concat([field(4, listener), field(3, resource!)])).finally(() => own.destroy()),
    );
  }
  await new Promise((resolve) => setTimeout(resolve, 30));
}
const late = setTimeout(() => {}, patienceMs);
await Promise.race([Promise.all(running), new Promise((resolve) => setTimeout(resolve, patienceMs))]);
clearTimeout(late);
console.log(JSON.stringify({ waited, unanswered }));
process.exit(0);
