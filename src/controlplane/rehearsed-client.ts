import type { Socket } from 'node:net';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { adsSotwPath, frameMessage } from '@evenkeel/xds';
import {
  clientPreface,
  dataFrameHeader,
  encodeHeaders,
  FrameReader,
  frameType,
  headersFrame,
  settingsAckFrame,
  settingsFrame,
} from '@evenkeel/xds/http2';

/** Asks for one resource of each type after the other, as gRPC clients do, and accepts whatever comes. */
export class RehearsedClient {
  readonly #socket: Socket;
  readonly #resources: readonly (readonly [typeUrl: string, name: string])[];
  #received = 0;
  #waiting: { readonly count: number; resolve(): void; reject(error: Error): void } | undefined;

  constructor(socket: Socket, nodeId: string, resources: readonly (readonly [typeUrl: string, name: string])[]) {
    this.#socket = socket;
    this.#resources = resources;
    const reader = new FrameReader();
    socket.write(Buffer.concat([clientPreface, settingsFrame([]), settingsAckFrame, openStream()]));
    this.#request(0, { nodeId });
    socket.on('data', (chunk: Buffer) =>
      reader.read(chunk, {
        frame: (type, _flags, _streamId, payload) => {
          if (type === frameType.data) this.#response(nonceOf(payload));
        },
      }),
    );
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('closed')));
  }

  /** Resolves when it has its resources, and so many changes of the last one. */
  async has(changes: number): Promise<void> {
    const count = this.#resources.length + changes;
    if (this.#received >= count) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { count, resolve, reject };
    });
  }

  /** Every response is small and comes in one frame. */
  #response(nonce: string): void {
    const type = Math.min(this.#received, this.#resources.length - 1);
    this.#received += 1;
    this.#request(type, { nonce });
    if (this.#received < this.#resources.length) this.#request(type + 1);
    if (this.#waiting === undefined || this.#received < this.#waiting.count) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }

  #request(type: number, more: RequestParts = {}): void {
    const [typeUrl, name] = this.#resources[type]!;
    const message = frameMessage(discoveryRequest(typeUrl, name, more));
    this.#socket.write(Buffer.concat([dataFrameHeader(1, message.length, false), message]));
  }
}

function openStream(): Buffer {
  const headers = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', adsSotwPath],
    [':authority', 'rehearsal'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ] as const;
  return headersFrame(1, encodeHeaders(headers, false), false);
}

interface RequestParts {
  /** Of the response that is accepted. */
  readonly nonce?: string;
  /** In the first request of a stream. */
  readonly nodeId?: string;
}

/** `envoy.service.discovery.v3.DiscoveryRequest`; the node has an id, `user_agent_name` and `user_agent_version`. */
function discoveryRequest(typeUrl: string, name: string, { nonce, nodeId }: RequestParts): Uint8Array {
  const request = new BinaryWriter();
  const field = (writer: BinaryWriter, number: number) => writer.tag(number, WireType.LengthDelimited);
  if (nonce !== undefined) field(request, 1).string('accepted');
  if (nodeId !== undefined) {
    const node = new BinaryWriter();
    field(node, 1).string(nodeId);
    field(node, 6).string('gRPC Go');
    field(node, 7).string('1.85.0');
    field(request, 2).bytes(node.finish());
  }
  field(request, 3).string(name);
  field(request, 4).string(typeUrl);
  if (nonce !== undefined) field(request, 5).string(nonce);
  return request.finish();
}

/** Of a `DiscoveryResponse`, behind the five bytes that gRPC puts in front of a message. */
function nonceOf(message: Buffer): string {
  const reader = new BinaryReader(message.subarray(5));
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 5) return reader.string();
    reader.skip(wireType, number);
  }
  return '';
}
