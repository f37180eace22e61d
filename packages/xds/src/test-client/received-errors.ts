import { fromBinary, type UnknownField } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { ResourceNameSchema } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { StatusSchema } from '../gen/google/rpc/status_pb.ts';

/** A `ResourceError`: why a resource is not there. */
export interface ReceivedError {
  readonly name: string;
  readonly code: number;
  readonly message: string;
}

/** `resource_errors` of a response, which is newer than the messages that the generated code knows. */
export function receivedErrors(fields: readonly UnknownField[] | undefined, fieldNumber: number): ReceivedError[] {
  return (fields ?? [])
    .filter(({ no }) => no === fieldNumber)
    .map(({ data }) => {
      const reader = new BinaryReader(new BinaryReader(data).bytes());
      let name = '';
      let status = { code: 0, message: '' };
      while (reader.pos < reader.len) {
        const [field, wireType] = reader.tag();
        if (field === 1) name = fromBinary(ResourceNameSchema, reader.bytes()).name;
        else if (field === 2) status = fromBinary(StatusSchema, reader.bytes());
        else reader.skip(wireType, field);
      }
      return { name, code: status.code, message: status.message };
    });
}
