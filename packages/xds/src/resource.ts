import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { contentHash, type Fingerprint, fingerprintOf } from './digest.ts';
import { messageOf, ResourceError } from './errors.ts';
import { fieldLength, writeFieldHeader } from './wire.ts';

/**
 * A resource, encoded once and for all streams. Responses are concatenations of these pieces, which all lie in one
 * buffer. Never change the bytes.
 */
export interface EncodedResource {
  readonly typeUrl: string;
  readonly name: string;
  /** Version of this resource, as delta clients see it; a hash of the content unless the caller gave one. */
  readonly version: string;
  /** The message itself. */
  readonly bytes: Uint8Array;
  /** Field `resources` of a DiscoveryResponse: tag, length and the `google.protobuf.Any`. */
  readonly sotwField: Uint8Array;
  /** Field `resources` of a DeltaDiscoveryResponse: tag, length and the `Resource`. */
  readonly deltaField: Uint8Array;
  /** Hash of name and version. */
  readonly fingerprint: Fingerprint;
}

/** What the caller may say of a resource instead of having it found out. */
export interface ResourceOptions {
  /** Default: the value of the message's first field, which is the name in every xDS resource type. */
  readonly name?: string | undefined;
  /** Default: a hash of the content. */
  readonly version?: string | undefined;
}

/**
 * Encodes any message as a resource.
 *
 * @throws ResourceError where the resource has no name
 */
export function encodeResource<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  options: ResourceOptions = {},
): EncodedResource {
  return fromAny({ typeUrl: typeUrlOf(schema), value: toBinary(schema, message) }, options);
}

/** `type.googleapis.com/` and the full name of the message type. */
export function typeUrlOf(schema: DescMessage): string {
  return `type.googleapis.com/${schema.typeName}`;
}

/**
 * Takes a message that somebody else has packed; it is passed on unread.
 *
 * @throws ResourceError where the resource has no type or no name
 */
export function fromAny(
  any: { readonly typeUrl: string; readonly value: Uint8Array },
  options: ResourceOptions = {},
): EncodedResource {
  if (any.typeUrl === '') {
    throw new ResourceError('a resource without a type URL', { field: 'type_url' });
  }
  const name = options.name ?? nameIn(any);
  if (name === '') {
    throw new ResourceError(`a resource of type ${any.typeUrl} without a name`, { field: 'name' });
  }
  return layOut(any.typeUrl, name, options.version ?? contentHash(any.value), any.value);
}

/** Whether two resources of one name are the same to a client. */
export function sameResource(one: EncodedResource | undefined, other: EncodedResource | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  return one.version === other.version && Buffer.compare(one.bytes, other.bytes) === 0;
}

/** Field 1 is the name in Listener, RouteConfiguration, Cluster, ClusterLoadAssignment, Secret, Runtime and their like. */
function nameIn({ typeUrl, value }: { readonly typeUrl: string; readonly value: Uint8Array }): string {
  let name = '';
  try {
    const reader = new BinaryReader(value);
    while (reader.pos < reader.len) {
      const [fieldNumber, wireType] = reader.tag();
      if (fieldNumber === 1 && wireType === WireType.LengthDelimited) name = reader.string(true);
      else reader.skip(wireType, fieldNumber);
    }
  } catch (cause) {
    throw new ResourceError(`a resource of type ${typeUrl} is not protobuf: ${messageOf(cause)}`, {
      field: 'value',
      cause,
    });
  }
  return name;
}

/** Field numbers: Any {1 type_url, 2 value}, Resource {1 version, 2 resource, 3 name}, `resources` is 2 in both responses. */
function layOut(typeUrl: string, name: string, version: string, message: Uint8Array): EncodedResource {
  const typeUrlLength = Buffer.byteLength(typeUrl);
  const versionLength = Buffer.byteLength(version);
  const nameLength = Buffer.byteLength(name);
  const anyLength = fieldLength(typeUrlLength) + fieldLength(message.length);
  const resourceLength = fieldLength(versionLength) + fieldLength(anyLength) + fieldLength(nameLength);

  // Slow: a resource lives long, and a slice of the shared pool would keep its neighbours alive.
  const buffer = Buffer.allocUnsafeSlow(fieldLength(resourceLength));
  let at = writeFieldHeader(buffer, 2, resourceLength, 0);
  at = writeFieldHeader(buffer, 1, versionLength, at);
  at += buffer.write(version, at);
  const anyStart = at;
  at = writeFieldHeader(buffer, 2, anyLength, at);
  at = writeFieldHeader(buffer, 1, typeUrlLength, at);
  at += buffer.write(typeUrl, at);
  at = writeFieldHeader(buffer, 2, message.length, at);
  const messageStart = at;
  buffer.set(message, at);
  at += message.length;
  const anyEnd = at;
  at = writeFieldHeader(buffer, 3, nameLength, at);
  buffer.write(name, at);

  return Object.freeze({
    typeUrl,
    name,
    version,
    bytes: buffer.subarray(messageStart, anyEnd),
    sotwField: buffer.subarray(anyStart, anyEnd),
    deltaField: buffer,
    fingerprint: fingerprintOf(name, version),
  });
}
