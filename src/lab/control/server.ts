import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { EvenkeelError, messageOf, toEvenkeelError } from '../../base/errors.ts';
import { type ControlledLab, handlers } from './handlers.ts';
import type { LabRequestName } from './protocol.ts';

/** Names and a few variables: a longer request is a mistake. */
const maxBodyBytes = 64 * 1024;

/**
 * The lab's control socket: `POST /REQUEST` with a JSON body, on a Unix socket in a folder of this user alone.
 *
 * It listens before there is a lab, which is how others see that the folder is in use.
 */
export class ControlServer {
  readonly #server: Server;
  #lab: ControlledLab | undefined;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.maxConnections = 64;
  }

  async listen(socket: string): Promise<void> {
    this.#server.listen(socket);
    await once(this.#server, 'listening');
  }

  serve(lab: ControlledLab): void {
    this.#lab = lab;
  }

  /** Answers that are on their way are sent first. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    // A client that never finishes its request must not keep the lab alive.
    const impatience = setTimeout(() => this.#server.closeAllConnections(), 1000);
    await closed;
    clearTimeout(impatience);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('connection', 'close');
    response.setHeader('content-type', 'application/json');
    try {
      const name = (request.url ?? '').slice(1);
      if (request.method !== 'POST' || !(name in handlers)) {
        throw new EvenkeelError('EK_USAGE', `this lab does not know the request ${request.method} ${request.url}`);
      }
      if (this.#lab === undefined) throw new EvenkeelError('EK_LAB_NOT_FOUND', 'the lab is still starting');
      const handler = handlers[name as LabRequestName] as (lab: ControlledLab, ask: unknown) => unknown;
      const answer = await handler(this.#lab, await readBody(request));
      response.end(JSON.stringify(answer));
    } catch (thrown) {
      const error = toEvenkeelError(thrown);
      response.statusCode = error.exitCode === 2 ? 400 : 500;
      response.end(JSON.stringify({ error }));
    }
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new EvenkeelError('EK_USAGE', `the request is longer than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new EvenkeelError('EK_USAGE', `the request is not JSON: ${messageOf(error)}`);
  }
}
