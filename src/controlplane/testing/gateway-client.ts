import { create } from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { sayHello } from '../../base/testing/say-hello.ts';
import { type EchoReply, type EchoRequest, EchoRequestSchema } from '../../gen/echo/echo_pb.ts';

/** A gRPC client that knows nothing of xDS: it calls a proxy and names the host that it means. */
export class GatewayClient {
  readonly #address: string;
  readonly #clients = new Map<string, Client>();

  /** @param address - `HOST:PORT` of the proxy */
  constructor(address: string) {
    this.#address = address;
  }

  /**
   * Makes one call, without retries; resolves with the name of the backend that answered.
   *
   * @throws ServiceError
   */
  call(host: string): Promise<string> {
    let client = this.#clients.get(host);
    if (client === undefined) {
      const options = { 'grpc.default_authority': host, 'grpc.enable_retries': 0 };
      client = new Client(this.#address, credentials.createInsecure(), options);
      this.#clients.set(host, client);
    }
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest<EchoRequest, EchoReply>(
        sayHello.path,
        sayHello.requestSerialize,
        sayHello.responseDeserialize,
        create(EchoRequestSchema, {}),
        (error: ServiceError | null, reply) => (error === null ? resolve(reply!.hostname) : reject(error)),
      );
    });
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}
