import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import { messageOf } from '../errors.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import type { XdsLimits } from '../limits.ts';
import { decodeNode, type XdsNode } from '../node.ts';

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
  /** Whether it has accepted a response of this type, on this stream or an earlier one (`version_info`). */
  readonly hasVersion: boolean;
}

/** `envoy.service.discovery.v3.DeltaDiscoveryRequest` */
export interface DeltaRequest extends AnyRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialVersions: ReadonlyMap<string, string>;
}

/** Fields of a request that are no names. Those that mean nothing take a client two bytes each. */
const maxOtherFields = 1_000;

type RequestLimits = Pick<XdsLimits, 'nodeBytes' | 'nameBytes' | 'namesPerStream' | 'stringBytes' | 'nackBytes'>;

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
  let hasVersion = false;
  let node: Uint8Array | undefined;
  let error: RejectionDetail | undefined;
  const left = fieldsOf(limits);
  readRequest(bytes, left, (fieldNumber, reader) => {
    if (fieldNumber === 1) hasVersion = reader.bytes().length > 0;
    else if (fieldNumber === 2) node = reader.bytes();
    else if (fieldNumber === 3) readName(reader, names, limits);
    else if (fieldNumber === 4) typeUrl = readString(reader, 'type_url', limits.stringBytes);
    else if (fieldNumber === 5) nonce = readString(reader, 'response_nonce', limits.stringBytes);
    else if (fieldNumber === 6) error = readStatus(reader.bytes(), left, limits);
    else return false;
    return true;
  });
  return { typeUrl, nonce, node: readNode(node, limits), error, names, hasVersion };
}

/** As {@link decodeSotwRequest}, for a DeltaDiscoveryRequest. */
export function decodeDeltaRequest(bytes: Uint8Array, limits: RequestLimits): DeltaRequest {
  const subscribe: string[] = [];
  const unsubscribe: string[] = [];
  const initialVersions = new Map<string, string>();
  let typeUrl = '';
  let nonce = '';
  let node: Uint8Array | undefined;
  let error: RejectionDetail | undefined;
  const left = fieldsOf(limits);
  readRequest(bytes, left, (fieldNumber, reader) => {
    if (fieldNumber === 1) node = reader.bytes();
    else if (fieldNumber === 2) typeUrl = readString(reader, 'type_url', limits.stringBytes);
    else if (fieldNumber === 3) readName(reader, subscribe, limits);
    else if (fieldNumber === 4) readName(reader, unsubscribe, limits);
    else if (fieldNumber === 5) readVersion(reader, left, initialVersions, limits);
    else if (fieldNumber === 6) nonce = readString(reader, 'response_nonce', limits.stringBytes);
    else if (fieldNumber === 7) error = readStatus(reader.bytes(), left, limits);
    else return false;
    return true;
  });
  return { typeUrl, nonce, node: readNode(node, limits), error, subscribe, unsubscribe, initialVersions };
}

/** How many fields a request may still have, over all its messages. */
interface FieldsLeft {
  count: number;
}

/** Names that are taken up, given up and resumed, with a name and a version in each of the last, and the others. */
function fieldsOf({ namesPerStream }: RequestLimits): FieldsLeft {
  return { count: 5 * namesPerStream + maxOtherFields };
}

/** The fields of a request; all that it knows are length-delimited, and `read` says whether it took one. */
function readRequest(
  bytes: Uint8Array,
  left: FieldsLeft,
  read: (fieldNumber: number, reader: BinaryReader) => boolean,
): void {
  try {
    const reader = new BinaryReader(bytes);
    readFields(reader, reader.len, left, (fieldNumber, wireType) => wireType === 2 && read(fieldNumber, reader));
  } catch (cause) {
    if (cause instanceof GrpcError) throw cause;
    throw malformed(cause);
  }
}

/** The fields of a message that ends there; `read` says whether it took one. */
function readFields(
  reader: BinaryReader,
  end: number,
  left: FieldsLeft,
  read: (fieldNumber: number, wireType: WireType) => boolean,
): void {
  while (reader.pos < end) {
    left.count -= 1;
    if (left.count < 0) throw new GrpcError(grpcStatus.resourceExhausted, 'too many fields in one request');
    const [fieldNumber, wireType] = reader.tag();
    if (!read(fieldNumber, wireType)) reader.skip(wireType, fieldNumber);
  }
}

/** The last one, where there are more: to read each would take a client a few bytes, and us much time. */
function readNode(bytes: Uint8Array | undefined, limits: RequestLimits): XdsNode | undefined {
  if (bytes === undefined) return undefined;
  if (bytes.length > limits.nodeBytes) throw tooMuch(`the node takes ${bytes.length} bytes`, limits.nodeBytes);
  let node: XdsNode;
  try {
    node = decodeNode(bytes);
  } catch (cause) {
    throw malformed(cause);
  }
  for (const [field, text] of Object.entries({
    id: node.id,
    cluster: node.cluster,
    user_agent_name: node.userAgentName,
  })) {
    const length = Buffer.byteLength(text);
    if (length > limits.stringBytes) throw tooMuch(`${field} of the node takes ${length} bytes`, limits.stringBytes);
  }
  return node;
}

function malformed(cause: unknown): GrpcError {
  return new GrpcError(grpcStatus.invalidArgument, `not a discovery request: ${messageOf(cause)}`);
}

function readName(reader: BinaryReader, names: string[], limits: RequestLimits): void {
  const name = readString(reader, 'a resource name', limits.nameBytes);
  if (names.push(name) > limits.namesPerStream) throw tooMuch('too many names in one request', limits.namesPerStream);
}

/** Looks at the length before there is a string of it. */
function readString(reader: BinaryReader, what: string, maxBytes: number): string {
  const start = reader.pos;
  const length = reader.uint32();
  if (length > maxBytes) throw tooMuch(`${what} takes ${length} bytes`, maxBytes);
  reader.pos = start;
  return reader.string(true);
}

/** In place: a reader for each of thousands of entries would take as long as what it reads. */
function readVersion(
  reader: BinaryReader,
  left: FieldsLeft,
  versions: Map<string, string>,
  limits: RequestLimits,
): void {
  const length = reader.uint32();
  const end = reader.pos + length;
  let name = '';
  let version = '';
  readFields(reader, end, left, (fieldNumber, wireType) => {
    if (wireType !== 2) return false;
    if (fieldNumber === 1) name = readString(reader, 'a resource name', limits.nameBytes);
    else if (fieldNumber === 2) version = readString(reader, 'an initial version', limits.stringBytes);
    else return false;
    return true;
  });
  if (reader.pos !== end) throw new RangeError('a version is longer than its entry');
  versions.set(name, version);
  if (versions.size > limits.namesPerStream) throw tooMuch('too many initial versions', limits.namesPerStream);
}

/** `google.rpc.Status`: 1 code, 2 message, of which the beginning is kept; the details are not looked at. */
function readStatus(bytes: Uint8Array, left: FieldsLeft, { nackBytes }: RequestLimits): RejectionDetail {
  const reader = new BinaryReader(bytes);
  let code = 0;
  let message = '';
  readFields(reader, reader.len, left, (fieldNumber, wireType) => {
    if (fieldNumber === 1 && wireType === 0) code = reader.int32();
    else if (fieldNumber === 2 && wireType === 2) message = beginning(reader.bytes(), nackBytes);
    else return false;
    return true;
  });
  return { code, message };
}

/** Text of at most so many bytes; a character that is cut is left out. */
function beginning(bytes: Uint8Array, maxBytes: number): string {
  if (bytes.length <= maxBytes) return Buffer.from(bytes).toString('utf8');
  return `${Buffer.from(bytes.subarray(0, maxBytes))
    .toString('utf8')
    .replace(/\uFFFD$/, '')}…`;
}

function tooMuch(what: string, limit: number): GrpcError {
  return new GrpcError(grpcStatus.resourceExhausted, `${what}; the limit is ${limit}`);
}
