// A process with a crowd of clients: PORT KIND COUNT FIRST SECONDS. They come from 127.77.0.0/16, a hundred to an address, and stay
// until the time is over; who is refused tries again, as clients of gRPC do. Prints how many were connected, and how
// many at its end.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { field, frame, headers, RawConnection, requestBlock, setting } from './raw-connection.ts';

const [port, kind, size, first, seconds] = process.argv.slice(2);
const end = performance.now() + Number(seconds) * 1_000;
const cds = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
/** Who is refused is so in this time, and tries again after that. */
const refusedMs = 500;
const againMs = 1_000;
let came = 0;
let open = 0;

function keep(socket: Socket): void {
  open += 1;
  socket.on('error', () => {});
  socket.on('close', () => {
    open -= 1;
  });
}

function count(socket: Socket): void {
  if (!socket.destroyed) came += 1;
}

/** Resolves when it is connected, or will not be. */
function come(index: number): Promise<void> {
  const at = Math.floor(index / 100);
  const where = { host: '127.0.0.1', port: Number(port), localAddress: `127.77.${at >> 7}.${(at & 127) + 1}` };
  return new Promise((resolve) => {
    const begun = performance.now();
    const socket = connect(where);
    const secured =
      kind === 'idle-tls' ? connectTls({ socket, ALPNProtocols: ['h2'], rejectUnauthorized: false }) : socket;
    socket.on('error', () => resolve());
    keep(secured);
    secured.once(kind === 'idle-tls' ? 'secureConnect' : 'connect', () => {
      resolve();
      setTimeout(count, refusedMs, secured);
      begin(secured);
    });
    secured.once('close', () => {
      resolve();
      const isRefused = performance.now() - begun < refusedMs && performance.now() < end;
      if (isRefused) setTimeout(() => void come(index), againMs);
    });
  });
}

function begin(socket: Socket): void {
  // Reads what it gets, but nobody who is slow.
  if (kind !== 'slow') socket.resume();
  if (kind === 'silent') return;
  const connection = new RawConnection(socket);
  connection.hello(kind === 'slow' ? setting(4, 2 ** 31 - 1) : undefined);
  if (kind !== 'slow') return;
  connection.write(frame('windowUpdate', 0, 0, Buffer.from([0x3f, 0xff, 0, 0])));
  for (let id = 1; id < 20; id += 2) {
    connection.write(headers(id, requestBlock()));
    connection.message(id, field(4, cds));
  }
}

let next = Number(first);
const last = next + Number(size);
const worker = async (): Promise<void> => {
  while (next < last && performance.now() < end) await come(next++);
};
await Promise.all(Array.from({ length: 50 }, worker));
await new Promise((resolve) => setTimeout(resolve, Math.max(0, end - performance.now())));
console.log(JSON.stringify({ came, open }));
process.exit(0);
