import { once } from 'node:events';
import type { DescMethod, MessageShape } from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, type ClientReadableStream, credentials, Metadata } from '@grpc/grpc-js';
import { methodDefinition } from '../grpc/definition.ts';

type Message<D extends DescMethod, K extends 'input' | 'output'> = MessageShape<D[K]>;

/** A bare grpc-js client for the streaming methods that the workloads themselves never call. */
export class RawClient {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  serverStream<M extends DescMethod>(
    method: M,
    request: Message<M, 'input'>,
  ): ClientReadableStream<Message<M, 'output'>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    return this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize as (bytes: Buffer) => Message<M, 'output'>,
      request,
      new Metadata(),
    );
  }

  bidiStream<M extends DescMethod>(method: M): ClientDuplexStream<Message<M, 'input'>, Message<M, 'output'>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    return this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize as (bytes: Buffer) => Message<M, 'output'>,
    );
  }

  close(): void {
    this.#client.close();
  }
}

/** The next message of a stream. */
export async function nextMessage<T>(stream: ClientReadableStream<T>): Promise<T> {
  const [message] = await once(stream, 'data');
  return message;
}
