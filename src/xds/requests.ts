import { BinaryReader } from '@bufbuild/protobuf/wire';
import { messageOf } from '../base/errors.ts';
import { GrpcError, grpcStatus } from './grpc/status.ts';
import type { XdsLimits } from './limits.ts';
import { decodeNode, type XdsNode } from './node.ts';

/** Why a client rejected a response. */
export interface RejectionDetail {
  /** Code of the `google.rpc.Status`. */
  readonly code: number;
  readonly message: string;
}

/** What SotW and delta requests have in common. */
interface AnyRequest {
  /** Empty where the client left it out. */
  readonly typeUrl: string;
  readonly node?: XdsNode | undefined;
  readonly nonce: string;
  /** Present: this is a NACK. */
  readonly error?: RejectionDetail | undefined;
}

/** `envoy.service.discovery.v3.DiscoveryRequest` */
export interface SotwRequest extends AnyRequest {
  readonly names: readonly string[];
}

/** `envoy.service.discovery.v3.DeltaDiscoveryRequest` */
export interface DeltaRequest extends AnyRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialVersions: ReadonlyMap<string, string>;
}

type RequestLimits = Pick<XdsLimits, 'nodeBytes' | 'nameBytes' | 'namesPerStream'>;

/**
 * Decodes a DiscoveryRequest. By hand, since acknowledgements are what a control plane reads most: every change comes
 * back once from every client.
 *
 * @throws GrpcError INVALID_ARGUMENT where it is not one, RESOURCE_EXHAUSTED where it is beyond the limits
 */
export function decodeSotwRequest(bytes: Uint8Array, limits: RequestLimits): SotwRequest {
  const names: string[] = [];
  let typeUrl = '';
  let nonce = '';
  let node: XdsNode | undefined;
  let error: RejectionDetail | undefined;
  readFields(bytes, (fieldNumber, reader) => {
    if (fieldNumber === 2) node = readNode(reader, limits);
    else if (fieldNumber === 3) readName(reader, names, limits);
    else if (fieldNumber === 4) typeUrl = reader.string(true);
    else if (fieldNumber === 5) nonce = reader.string(true);
    else if (fieldNumber === 6) error = readStatus(reader.bytes());
    else return false;
    return true;
  });
  return { typeUrl, nonce, node, error, names };
}

/** As {@link decodeSotwRequest}, for a DeltaDiscoveryRequest. */
export function decodeDeltaRequest(bytes: Uint8Array, limits: RequestLimits): DeltaRequest {
  const subscribe: string[] = [];
  const unsubscribe: string[] = [];
  const initialVersions = new Map<string, string>();
  let typeUrl = '';
  let nonce = '';
  let node: XdsNode | undefined;
  let error: RejectionDetail | undefined;
  readFields(bytes, (fieldNumber, reader) => {
    if (fieldNumber === 1) node = readNode(reader, limits);
    else if (fieldNumber === 2) typeUrl = reader.string(true);
    else if (fieldNumber === 3) readName(reader, subscribe, limits);
    else if (fieldNumber === 4) readName(reader, unsubscribe, limits);
    else if (fieldNumber === 5) readVersion(reader.bytes(), initialVersions, limits);
    else if (fieldNumber === 6) nonce = reader.string(true);
    else if (fieldNumber === 7) error = readStatus(reader.bytes());
    else return false;
    return true;
  });
  return { typeUrl, nonce, node, error, subscribe, unsubscribe, initialVersions };
}

/** `read` says whether it took the field; all fields that requests know are length-delimited. */
function readFields(bytes: Uint8Array, read: (fieldNumber: number, reader: BinaryReader) => boolean): void {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [fieldNumber, wireType] = reader.tag();
      if (wireType !== 2 || !read(fieldNumber, reader)) reader.skip(wireType, fieldNumber);
    }
  } catch (cause) {
    if (cause instanceof GrpcError) throw cause;
    throw new GrpcError(grpcStatus.invalidArgument, `not a discovery request: ${messageOf(cause)}`);
  }
}

function readNode(reader: BinaryReader, limits: RequestLimits): XdsNode {
  const bytes = reader.bytes();
  if (bytes.length > limits.nodeBytes) throw tooMuch(`the node takes ${bytes.length} bytes`, limits.nodeBytes);
  return decodeNode(bytes);
}

function readName(reader: BinaryReader, names: string[], limits: RequestLimits): void {
  const name = reader.string(true);
  checkName(name, limits);
  if (names.push(name) > limits.namesPerStream) throw tooMuch('too many names in one request', limits.namesPerStream);
}

function checkName(name: string, limits: RequestLimits): void {
  // No character takes more than three bytes per UTF-16 unit, so most names need no counting.
  if (name.length * 3 > limits.nameBytes && Buffer.byteLength(name) > limits.nameBytes) {
    throw tooMuch('a resource name is too long', limits.nameBytes);
  }
}

function readVersion(entry: Uint8Array, versions: Map<string, string>, limits: RequestLimits): void {
  let name = '';
  let version = '';
  readFields(entry, (fieldNumber, reader) => {
    if (fieldNumber === 1) name = reader.string(true);
    else if (fieldNumber === 2) version = reader.string(true);
    else return false;
    return true;
  });
  checkName(name, limits);
  versions.set(name, version);
  if (versions.size > limits.namesPerStream) throw tooMuch('too many initial versions', limits.namesPerStream);
}

/** `google.rpc.Status`: 1 code, 2 message; the details are not looked at. */
function readStatus(bytes: Uint8Array): RejectionDetail {
  const reader = new BinaryReader(bytes);
  let code = 0;
  let message = '';
  while (reader.pos < reader.len) {
    const [fieldNumber, wireType] = reader.tag();
    if (fieldNumber === 1 && wireType === 0) code = reader.int32();
    else if (fieldNumber === 2 && wireType === 2) message = reader.string();
    else reader.skip(wireType, fieldNumber);
  }
  return { code, message };
}

function tooMuch(what: string, limit: number): GrpcError {
  return new GrpcError(grpcStatus.resourceExhausted, `${what}; the limit is ${limit}`);
}
