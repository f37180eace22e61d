import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Waiting } from '../../testing/waiting.ts';
import type { KubeAccess } from '../kube-request.ts';

export type Kind = 'services' | 'endpointslices';

/** An object of the API, as its JSON is. */
export interface ApiObject {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface ApiRequest {
  readonly kind: Kind;
  readonly verb: 'list' | 'watch';
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
}

interface Event {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: Kind;
  readonly object: ApiObject;
}

interface Watch {
  readonly request: ApiRequest;
  readonly response: ServerResponse;
}

/**
 * An API server in this process that speaks the real list and watch JSON over real sockets, for faults that a real one
 * does not have when asked.
 */
export class FakeApiServer {
  /** What was asked for, in order. */
  readonly requests: ApiRequest[] = [];
  /** Answers instead of the server where it returns true. */
  intercept: ((request: ApiRequest, response: ServerResponse) => boolean) | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #objects: Record<Kind, Map<string, ApiObject>> = { services: new Map(), endpointslices: new Map() };
  readonly #watches = new Set<Watch>();
  #history: Event[] = [];
  #version = 100;
  #oldest = 0;
  #isDown = false;
  readonly #waiting = new Waiting();

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('connection', (socket: Socket) => {
      if (this.#isDown) socket.destroy();
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get access(): KubeAccess {
    const { port } = this.#server.address() as AddressInfo;
    return {
      server: `http://127.0.0.1:${port}`,
      origin: 'test',
      requestOptions: async () => ({ headers: {} }),
    };
  }

  /** The version that the next change follows. */
  get version(): string {
    return String(this.#version);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Every connection breaks, and every new one at once. */
  goDown(): void {
    this.#isDown = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  comeBack(): void {
    this.#isDown = false;
  }

  /** Breaks the connections of all watches; what comes next is served. */
  breakWatches(): void {
    for (const { response } of this.#watches) response.socket?.destroy();
  }

  /** Ends all watches in good order, as a server does at their time-out. */
  endWatches(): void {
    for (const { response } of this.#watches) response.end();
  }

  /** Creates or replaces an object. */
  apply(kind: Kind, object: ApiObject): void {
    const key = keyOf(object);
    const type = this.#objects[kind].has(key) ? 'MODIFIED' : 'ADDED';
    this.#version += 1;
    const kept = withVersion(object, this.#version);
    this.#objects[kind].set(key, kept);
    this.#tell({ version: this.#version, type, kind, object: kept });
  }

  delete(kind: Kind, key: string): void {
    const object = this.#objects[kind].get(key);
    if (object === undefined) return;
    this.#version += 1;
    this.#objects[kind].delete(key);
    this.#tell({ version: this.#version, type: 'DELETED', kind, object: withVersion(object, this.#version) });
  }

  keys(kind: Kind): string[] {
    return [...this.#objects[kind].keys()];
  }

  /** Forgets what happened: a watch from before now is answered with 410. */
  compact(): void {
    this.#oldest = this.#version;
    this.#history = [];
  }

  /** Goes back in time, as etcd does when it is restored from a backup; nobody who watches is told. */
  restore(version: number, change: () => void): void {
    const watches = [...this.#watches];
    this.#watches.clear();
    change();
    this.#version = version;
    this.#history = [];
    this.#oldest = 0;
    for (const watch of watches) this.#watches.add(watch);
  }

  /** Sends every watch where it is. */
  bookmark(): void {
    for (const { request, response } of this.#watches) {
      const object = { kind: request.kind, metadata: { resourceVersion: this.version } };
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    }
  }

  /** Writes to every watch as it stands. */
  writeToWatches(text: string): void {
    for (const { response } of this.#watches) response.write(text);
  }

  /** Resolves once `holds` does, now or after a request; rejects after a minute, with what was asked for. */
  until(holds: (requests: readonly ApiRequest[]) => boolean): Promise<void> {
    const seen = () => `so far: ${this.requests.map(({ verb, kind }) => `${verb} ${kind}`).join(', ')}`;
    return this.#waiting.until('something was asked for', () => holds(this.requests), seen);
  }

  count(kind: Kind, verb: ApiRequest['verb']): number {
    return this.requests.filter((request) => request.kind === kind && request.verb === verb).length;
  }

  #answer(message: IncomingMessage, response: ServerResponse): void {
    const url = new URL(message.url ?? '', 'http://fake');
    const match =
      /^\/(?:api\/v1|apis\/discovery\.k8s\.io\/v1)(?:\/namespaces\/([^/]+))?\/(services|endpointslices)$/.exec(
        url.pathname,
      );
    if (match === null) {
      sendStatus(response, 404, 'the server could not find the requested resource');
      return;
    }
    const request: ApiRequest = {
      kind: match[2] as Kind,
      verb: url.searchParams.get('watch') === 'true' ? 'watch' : 'list',
      namespace: match[1],
      query: url.searchParams,
    };
    this.requests.push(request);
    this.#waiting.wake();
    if (this.intercept?.(request, response) === true) return;
    if (request.verb === 'watch') this.#watch(request, response);
    else this.#list(request, response);
  }

  #list(request: ApiRequest, response: ServerResponse): void {
    const all = [...this.#objects[request.kind].values()].filter((object) => isMeant(request, object));
    const from = Number(request.query.get('continue') ?? 0);
    const limit = Number(request.query.get('limit') ?? all.length);
    const rest = all.length - from - limit;
    const metadata = {
      resourceVersion: this.version,
      ...(rest > 0 ? { continue: String(from + limit), remainingItemCount: rest } : {}),
    };
    const items = all.slice(from, from + limit);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'List', metadata, items: items.length === 0 ? null : items }));
  }

  #watch(request: ApiRequest, response: ServerResponse): void {
    const from = Number(request.query.get('resourceVersion'));
    if (from < this.#oldest) {
      sendStatus(response, 410, `too old resource version: ${from} (${this.#oldest})`);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const watch = { request, response };
    for (const event of this.#history.filter(({ version }) => version > from)) send(watch, event);
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
  }

  #tell(event: Event): void {
    this.#history.push(event);
    for (const watch of this.#watches) send(watch, event);
  }
}

/** Answers with a `Status`, as the API server does. */
export function sendStatus(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', message, code }));
}

function send({ request, response }: Watch, { kind, type, object }: Event): void {
  if (kind === request.kind && isMeant(request, object)) response.write(`${JSON.stringify({ type, object })}\n`);
}

function isMeant({ namespace, query }: ApiRequest, { metadata }: ApiObject): boolean {
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  const [label = '', value] = (query.get('labelSelector') ?? '').split('=');
  if (label === '') return true;
  return value === undefined ? metadata.labels?.[label] !== undefined : metadata.labels?.[label] === value;
}

function keyOf({ metadata }: ApiObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function withVersion(object: ApiObject, version: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}
