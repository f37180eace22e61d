// A pod for tests: an HTTP server that says who it is, fails its probes and drains when it is told to.
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';

const { POD_NAME, POD_IP, HTTP_PORT, GRPC_PORT, TCP_PORT, DRAIN_MS, IGNORE_SIGTERM, EXIT_AT_ONCE } = process.env;

if (EXIT_AT_ONCE !== undefined) {
  console.error('this pod does not like it here');
  process.exit(Number(EXIT_AT_ONCE));
}

let live = true;
let ready = true;
let closeHttp = (done: () => void): void => done();

if (HTTP_PORT !== undefined) {
  const http = createServer((request, response) => {
    response.setHeader('connection', 'close');
    if (request.url === '/live') response.statusCode = live ? 200 : 500;
    if (request.url === '/ready') response.statusCode = ready ? 200 : 503;
    if (request.url === '/fail-liveness') live = false;
    if (request.url === '/fail-readiness') ready = false;
    if (request.url === '/recover') ready = true;
    if (request.url === '/env') response.end(JSON.stringify(process.env));
    else if (request.url === '/slow') {
      console.log('slow');
      setTimeout(() => response.end(POD_NAME), 300);
    } else response.end(POD_NAME);
  });
  http.listen(Number(HTTP_PORT), POD_IP);
  closeHttp = (done) => http.close(done);
}

if (GRPC_PORT !== undefined) {
  // grpc.health.v1 Check, just enough of it: SERVING, NOT_SERVING, or an unknown service.
  const grpc = createHttp2Server();
  grpc.on('stream', (stream: ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const service = Buffer.concat(chunks).subarray(7).toString();
      if (headers[':path'] !== '/grpc.health.v1.Health/Check' || service === 'unknown') {
        stream.respond({ ':status': 200, 'grpc-status': '5', 'grpc-message': 'unknown service' }, { endStream: true });
        return;
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, service === 'broken' ? 2 : 1]));
    });
  });
  grpc.listen(Number(GRPC_PORT), POD_IP);
}

if (TCP_PORT !== undefined) {
  // Answers only once the other side has finished speaking, as only a connection that is half closed lets it.
  const tcp = createTcpServer({ allowHalfOpen: true }, (socket) => {
    let bytes = 0;
    socket.write(`${POD_NAME}\n`);
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.on('end', () => socket.end(`${bytes}\n`));
    socket.on('error', () => {});
  });
  tcp.listen(Number(TCP_PORT), POD_IP);
}

process.on('SIGTERM', () => {
  if (IGNORE_SIGTERM !== undefined) return;
  const drained = (): void => {
    console.log('drained');
    process.exit(0);
  };
  setTimeout(() => closeHttp(drained), Number(DRAIN_MS ?? 0));
});

console.log(`${POD_NAME} is up`);
