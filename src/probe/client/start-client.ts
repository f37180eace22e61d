import { type ChildProcess, fork, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Message, Order } from './protocol.ts';

/** The build turns .ts into .js; the worker lies beside this file in both. */
const workerFile = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));

/** A client process and the way to it; both end with this process. */
export interface Connected<O extends object = Order> {
  readonly child: ChildProcess;
  send(order: O): void;
}

/**
 * A session of its own: Linux shares the processor between sessions (sched(7), "The autogroup feature"), and a client that
 * shares one with everything else in its terminal would measure that, not the way of calling.
 */
const detached = true;

/** The client of Node, grpc-js and node:http; orders and messages go over Node's IPC. */
export function startNode(env: Readonly<Record<string, string>>, receive: (message: Message) => void): Connected {
  return forkWorker<Order, Message>(workerFile, env, receive);
}

/** A module of Node as a process that takes orders over Node's IPC, and messages from it. */
export function forkWorker<O extends object, M>(
  file: string,
  env: Readonly<Record<string, string>>,
  receive: (message: M) => void,
): Connected<O> {
  const child = fork(file, [], {
    ...{ env: { ...process.env, ...env }, execArgv: [], detached },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.on('message', (message) => receive(message as M));
  return {
    child,
    send: (order) => {
      if (child.connected) child.send(order, () => {});
    },
  };
}

/** The client of grpc-go; orders and messages are lines of JSON on its standard input and output. */
export function startGo(
  path: string,
  env: Readonly<Record<string, string>>,
  receive: (message: Message) => void,
): Connected {
  const child = spawn(path, [], { env: { ...process.env, ...env }, detached, stdio: ['pipe', 'pipe', 'pipe'] });
  createInterface({ input: child.stdout }).on('line', (line) => receive(JSON.parse(line) as Message));
  // One that has ended takes no more orders; how it ended is told by `close`.
  child.stdin.on('error', () => {});
  return {
    child,
    send: (order) => {
      if (child.stdin.writable) child.stdin.write(`${JSON.stringify(order)}\n`);
    },
  };
}
