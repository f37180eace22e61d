// grpc-js-xds under test: makes the calls that it is told to on standard input and says on standard output who answered.
// With INTEROP_PROXY (`HOST:PORT`) it is a plain grpc-js client that goes through a proxy, with INTEROP_KEEPALIVE_MS it asks
// after that time whether a connection lives. The protocol is described in interop/README.md and is the same for every language.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { addAdminServicesToServer, type Client, Server, ServerCredentials, type ServiceError } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { openChannel, sayHello } from './echo.ts';
import { Tally } from './tally.ts';

const tallyIntervalMs = 100;

interface Command {
  readonly id: number;
  readonly cmd: string;
  readonly targets: readonly string[];
  readonly count: number;
  readonly ratePerSecond: number;
  readonly run: string;
  readonly waitForReady?: boolean;
  readonly deadlineMs?: number;
}

const { INTEROP_PROXY: proxy, INTEROP_KEEPALIVE_MS: keepalive } = process.env;
const keepaliveMs = keepalive === undefined ? undefined : Number(keepalive);
const channels = new Map<string, Client>();
const loads = new Map<number, () => void>();

function emit(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function channel(target: string): Client {
  const open = channels.get(target) ?? openChannel(target, { proxy, keepaliveMs });
  channels.set(target, open);
  return open;
}

function callOnce(target: string, command: Command, tally: Tally): Promise<void> {
  return sayHello(channel(target), command).then(
    (backend) => tally.answered(target, backend),
    (error: ServiceError) => tally.failed(target, error),
  );
}

/** `count` calls to each target, one after the other. */
async function call(command: Command): Promise<void> {
  const { id, targets, count } = command;
  const tally = new Tally();
  for (let made = 0; made < count; made++) {
    for (const target of targets) await callOnce(target, command, tally);
  }
  emit({ id, event: 'done', ...tally });
}

/** Calls at a constant rate, however long the answers take, the targets in turn, until stopped. */
function load(command: Command): void {
  const { id, targets, ratePerSecond } = command;
  const tally = new Tally();
  const started = performance.now();
  const inFlight = new Set<Promise<void>>();
  let made = 0;
  const pace = setInterval(() => {
    for (const due = ((performance.now() - started) / 1000) * ratePerSecond; made < due; made++) {
      const pending = callOnce(targets[made % targets.length]!, command, tally);
      inFlight.add(pending);
      void pending.then(() => inFlight.delete(pending));
    }
  }, 1000 / ratePerSecond);
  const report = setInterval(() => emit({ id, event: 'tally', ...tally }), tallyIntervalMs);
  loads.set(id, async () => {
    clearInterval(pace);
    clearInterval(report);
    await Promise.all(inFlight);
    emit({ id, event: 'done', ...tally });
  });
}

function handle(command: Command): void {
  const { id, cmd, targets } = command;
  if (cmd === 'connect') {
    for (const target of targets) channel(target).getChannel().getConnectivityState(true);
    emit({ id, event: 'done' });
  } else if (cmd === 'call') void call(command);
  else if (cmd === 'load') load(command);
  else if (cmd === 'stop') {
    loads.get(id)?.();
    loads.delete(id);
  } else if (cmd === 'quit') process.exit(0);
  else emit({ id, event: 'error', message: `unknown command ${cmd}` });
}

/** Offers the client's own view of its xDS resources (CSDS) on a loopback port. */
function serveStatus(): Promise<string> {
  const server = new Server();
  addAdminServicesToServer(server);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
    );
  });
}

function versionOf(name: string): string {
  return createRequire(import.meta.url)(`${name}/package.json`).version;
}

if (proxy === undefined) register();
const client =
  proxy === undefined
    ? `grpc-js-xds ${versionOf('@grpc/grpc-js-xds')} (grpc-js ${versionOf('@grpc/grpc-js')})`
    : `grpc-js ${versionOf('@grpc/grpc-js')} through a proxy`;
emit({ event: 'ready', client, ...(proxy === undefined && { csds: await serveStatus() }) });
createInterface({ input: process.stdin })
  .on('line', (line) => handle(JSON.parse(line)))
  .on('close', () => process.exit(0));
