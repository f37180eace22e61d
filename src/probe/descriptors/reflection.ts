import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type * as grpc from '@grpc/grpc-js';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { grpcStatusName } from '../../base/grpc-status.ts';
import type { ServerReflectionResponse } from '../../gen/grpc/reflection/v1/reflection_pb.ts';
import { type Ask, askOf, type ReflectionOptions } from './ask-reflection.ts';
import { type Described, linkFiles } from './link.ts';
import { resolveNames } from './resolve-names.ts';
import { TypeIndex, typesUsedBy } from './types.ts';
import { wellKnownFiles } from './well-known.ts';

const versions = ['v1', 'v1alpha'] as const;
const unimplemented = 12;
const notFound = 5;
/** What a server may say of itself at most; the largest public APIs have some thousand files of some megabytes. */
const mostFiles = 10_000;
const defaultMostBytes = 64 * 1024 * 1024;
/** Types that are asked for by their names, where no file has them. */
const mostTypes = 200;
const questionsAtATime = 8;

/**
 * Asks a server for a service and everything that its messages are made of; v1, else v1alpha, whose messages are the same.
 * A file that the server does not give costs only what needs it.
 *
 * @param types - also wanted, such as those inside of an `Any`; no error where there is none
 * @throws EvenkeelError `EK_PROBE_NO_REFLECTION`, `EK_PROBE_METHOD` naming the services that there are,
 *   `EK_PROBE_UNREACHABLE`
 */
export async function reflect(
  client: grpc.Client,
  { service, method }: { readonly service: string; readonly method: string },
  types: readonly string[],
  options: ReflectionOptions,
): Promise<Described> {
  const files = await filesOf(client, service, types, options);
  let described: Described;
  try {
    described = linkFiles(files, service);
  } catch (thrown) {
    throw noReflection(`what the server says of ${service} cannot be used: ${messageOf(thrown)}`, thrown);
  }
  const lacks = described.missing.get(`${service}.${method}`);
  if (lacks !== undefined)
    throw noReflection(`${service}/${method} needs ${lacks}, which the server does not describe`);
  return described;
}

async function filesOf(
  client: grpc.Client,
  service: string,
  types: readonly string[],
  options: ReflectionOptions,
): Promise<readonly FileDescriptorProto[]> {
  const deadline = Date.now() + options.deadlineMs;
  for (const version of versions) {
    try {
      return await collect(askOf(client, version, deadline, options.metadata), service, types, options.mostBytes);
    } catch (thrown) {
      const { code, details } = thrown as Partial<grpc.ServiceError>;
      if (code === unimplemented) continue;
      if (thrown instanceof EvenkeelError || typeof code !== 'number') throw thrown;
      const said = `the server did not say what ${service} is: ${grpcStatusName(code)}: ${details}`;
      if (unreachable.has(grpcStatusName(code)))
        throw new EvenkeelError('EK_PROBE_UNREACHABLE', said, { cause: thrown });
      throw noReflection(said, thrown);
    }
  }
  throw noReflection(`the server does not say what ${service} is: it has no reflection`);
}

const unreachable: ReadonlySet<string> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED']);

function noReflection(message: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError('EK_PROBE_NO_REFLECTION', message, { field: '--method', cause });
}

/** The files of a service, of what they import and of types that are in none of them. */
async function collect(
  ask: Ask,
  service: string,
  types: readonly string[],
  mostBytes = defaultMostBytes,
): Promise<FileDescriptorProto[]> {
  const files = new Map<string, FileDescriptorProto>();
  let bytes = 0;
  const take = ({ messageResponse }: ServerReflectionResponse): boolean => {
    if (messageResponse.case !== 'fileDescriptorResponse') return false;
    const { fileDescriptorProto } = messageResponse.value;
    for (const encoded of fileDescriptorProto) {
      bytes += encoded.length;
      if (files.size >= mostFiles || bytes > mostBytes) {
        throw noReflection(`the server says more of ${service} than ${mostFiles} files or ${mostBytes} bytes`);
      }
      const file = parsed(encoded, service);
      if (!files.has(file.name)) files.set(file.name, file);
    }
    return fileDescriptorProto.length > 0;
  };
  const first = await ask({ case: 'fileContainingSymbol', value: service });
  if (!take(first)) throw await unknownService(ask, service, first);

  const asked = new Set<string>();
  const askForImports = async (): Promise<void> => {
    for (;;) {
      const next = [...files.values()]
        .flatMap(({ dependency }) => dependency)
        .filter((name) => !files.has(name) && !wellKnownFiles.has(name) && !asked.has(name));
      const some = [...new Set(next)].slice(0, questionsAtATime);
      if (some.length === 0) return;
      for (const name of some) asked.add(name);
      // One that it does not give may be there for options alone.
      for (const answer of await Promise.all(some.map((value) => ask({ case: 'fileByFilename', value })))) take(answer);
    }
  };
  await askForImports();
  // Some servers know a file by another name than the one by which it is imported, but know its types.
  const askedTypes = new Set<string>();
  while (askedTypes.size < mostTypes) {
    const index = new TypeIndex([...wellKnownFiles.values(), ...files.values()]);
    for (const file of files.values()) resolveNames(file, index);
    const used = [...files.values()].flatMap((file) => [...typesUsedBy(file)]);
    const unknown = [...new Set([...used, ...types])].filter((name) => index.kindOf(name) === undefined);
    const next = unknown.filter((name) => !askedTypes.has(name)).slice(0, questionsAtATime);
    if (next.length === 0) break;
    for (const name of next) askedTypes.add(name);
    for (const answer of await Promise.all(next.map((value) => ask({ case: 'fileContainingSymbol', value }))))
      take(answer);
    await askForImports();
  }
  return [...files.values()];
}

function parsed(encoded: Uint8Array, service: string): FileDescriptorProto {
  try {
    return fromBinary(FileDescriptorProtoSchema, encoded);
  } catch (thrown) {
    throw noReflection(`what the server says of ${service} cannot be read: ${messageOf(thrown)}`, thrown);
  }
}

async function unknownService(
  ask: Ask,
  service: string,
  { messageResponse }: ServerReflectionResponse,
): Promise<Error> {
  const { errorCode, errorMessage } =
    messageResponse.case === 'errorResponse' ? messageResponse.value : { errorCode: 2, errorMessage: 'no file came' };
  if (errorCode === unimplemented) return Object.assign(new Error(errorMessage), { code: unimplemented });
  const listed = (await ask({ case: 'listServices', value: '' })).messageResponse;
  const names = listed.case === 'listServicesResponse' ? listed.value.service.map(({ name }) => name) : [];
  if (names.includes(service))
    return noReflection(`the server has ${service} but does not describe it: ${errorMessage}`);
  const said = errorCode === notFound ? '' : `: ${errorMessage}`;
  if (names.length === 0) return noReflection(`the server does not say what ${service} is${said}`);
  return new EvenkeelError('EK_PROBE_METHOD', `the server says that it has no service ${service}${said}`, {
    field: '--method',
    hint: `It has ${names.slice(0, 50).join(', ')}, as far as it says; of another one give the file with --proto.`,
  });
}
