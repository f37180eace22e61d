import { create } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { sayHello } from '../../base/testing/say-hello.ts';
import { type EchoReply, EchoReplySchema, type EchoRequest } from '../../gen/echo/echo_pb.ts';

/** A real backend of system E in the process of the test. */
export class EchoBackend {
  readonly address: string;
  readonly port: number;
  readonly #server: Server;
  readonly #health: HealthImplementation;

  private constructor(server: Server, health: HealthImplementation, address: string, port: number) {
    this.#server = server;
    this.#health = health;
    this.address = address;
    this.port = port;
  }

  /**
   * @param address - an address of this machine
   * @param port - 0: any
   * @param name - what the backend answers with
   */
  static async start(address: string, port: number, name = address): Promise<EchoBackend> {
    const server = new Server();
    server.addService(
      { sayHello },
      {
        sayHello: (_call: ServerUnaryCall<EchoRequest, EchoReply>, answer: sendUnaryData<EchoReply>) =>
          answer(null, create(EchoReplySchema, { message: `Hello from hostname ${name}`, hostname: name })),
      },
    );
    const health = new HealthImplementation({ 'echo.EchoServer': 'SERVING' });
    health.addToServer(server);
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${address}:${port}`, ServerCredentials.createInsecure(), (error, actual) =>
        error === null ? resolve(actual) : reject(error),
      );
    });
    return new EchoBackend(server, health, address, bound);
  }

  setHealthy(healthy: boolean): void {
    this.#health.setStatus('echo.EchoServer', healthy ? 'SERVING' : 'NOT_SERVING');
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}
