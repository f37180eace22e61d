import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import type { Change, Driver } from '../driver.ts';
import { methodOf, type Variant } from '../messages.ts';
import { DeltaStream } from './delta-stream.ts';
import type { Fault } from './faults.ts';
import type { ServedType } from './served.ts';
import type { ServedStream, StreamOwner } from './served-stream.ts';
import { SotwStream } from './sotw-stream.ts';

type Wire = ServerDuplexStream<Buffer, Buffer>;

/**
 * A small server for controls: keeps every rule of the suite, except for the one that it is told to break. It knows no
 * timer, and answers in the order in which things happen.
 */
export class ReferenceServer implements StreamOwner {
  readonly fault: Fault | undefined;
  readonly #nodes = new Map<string, Map<string, ServedType>>();
  readonly #streams = new Set<ServedStream>();
  readonly #server = new Server();
  #changes = 0;

  constructor(fault?: Fault) {
    this.fault = fault;
    const asIs = (bytes: Buffer): Buffer => bytes;
    const definition = (variant: Variant) => ({
      path: methodOf[variant],
      requestStream: true as const,
      responseStream: true as const,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    });
    this.#server.addService(
      { sotw: definition('sotw'), delta: definition('delta') },
      {
        sotw: (wire: Wire) => this.#streams.add(new SotwStream(this, wire)),
        delta: (wire: Wire) => this.#streams.add(new DeltaStream(this, wire)),
      },
    );
  }

  async start(): Promise<Driver> {
    const port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    return {
      name: 'reference',
      server: `127.0.0.1:${port}`,
      isShared: false,
      apply: async (change) => this.#apply(change),
      close: async () => this.#server.forceShutdown(),
    };
  }

  served(node: string, typeUrl: string): ServedType {
    const types = this.#nodes.get(node) ?? new Map<string, ServedType>();
    this.#nodes.set(node, types);
    const type = types.get(typeUrl) ?? { version: 0, resources: new Map() };
    types.set(typeUrl, type);
    return type;
  }

  streamsOf(node: string): readonly ServedStream[] {
    return [...this.#streams].filter((stream) => stream.node === node);
  }

  closed(stream: ServedStream): void {
    this.#streams.delete(stream);
  }

  #apply({ node, set, remove }: Change): void {
    this.#changes += 1;
    const version = this.#changes;
    const typeOf = (typeUrl: string): ServedType => {
      const type = this.served(node, typeUrl);
      type.version = version;
      return type;
    };
    const removeAll = (): void => {
      for (const { typeUrl, name } of remove) typeOf(typeUrl).resources.delete(name);
    };
    for (const { typeUrl, name, value } of set) typeOf(typeUrl).resources.set(name, { name, value, version });
    if (this.fault === 'stale-cluster-first') removeAll();
    // What is new first, what is gone after it.
    for (const stream of this.streamsOf(node)) stream.publish();
    if (remove.length === 0) return;
    removeAll();
    for (const stream of this.streamsOf(node)) stream.publish();
  }
}
