import { create, createFileRegistry, type DescService } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Health } from '@evenkeel/xds/gen/health/v1/health_pb';
import type * as grpc from '@grpc/grpc-js';
import type { Described } from '../descriptors/link.ts';
import { type PreparedCall, prepareCall, splitMethod } from '../target/method.ts';
import { fileOrText } from './opened.ts';
import type { ProbeOptions } from './options.ts';

/**
 * What the files that were given say; undefined: none were.
 *
 * @throws EvenkeelError `EK_PROBE_METHOD`, `EK_FILE_READ`, `EK_FILE_SYNTAX`
 */
export async function describeGiven(options: ProbeOptions): Promise<Described | undefined> {
  const { protoFiles, importPaths, protoSets, method } = options;
  const wanted = splitMethod(method);
  // Each way is loaded where it is gone only: a client should start soon.
  if (protoFiles.length > 0) {
    return (await import('../descriptors/proto-files.ts')).loadProtoFiles(protoFiles, importPaths, wanted);
  }
  if (protoSets.length > 0) return (await import('../descriptors/proto-sets.ts')).loadProtoSets(protoSets, wanted);
  return undefined;
}

/**
 * Finds the method, in what was given or by asking the server, and makes its messages.
 *
 * @throws EvenkeelError `EK_PROBE_NO_REFLECTION`, `EK_PROBE_METHOD`, `EK_PROBE_DATA`, `EK_PROBE_UNREACHABLE`, `EK_FILE_READ`
 */
export async function prepare(
  options: ProbeOptions,
  given: Described | undefined,
  client: grpc.Client,
  metadata: grpc.Metadata,
): Promise<PreparedCall> {
  const data = options.data === undefined ? '{}' : await fileOrText(options.data, '--data');
  const known = given ?? knownService(options);
  const described = known ?? (await reflected(options, client, metadata, data));
  return prepareCall(described, options.method, data);
}

/** The service, where it is known without asking: our own, or the one that every server is expected to have. */
export function knownService({ method, own }: ProbeOptions): Described | undefined {
  const { service } = splitMethod(method);
  const known = [Health, own?.service].find((one) => one?.typeName === service);
  return known === undefined ? undefined : describe(known);
}

function describe({ file }: DescService): Described {
  return {
    registry: createFileRegistry(create(FileDescriptorSetSchema, { file: [file.proto] })),
    missing: new Map(),
  };
}

async function reflected(
  { method, connectMs }: ProbeOptions,
  client: grpc.Client,
  metadata: grpc.Metadata,
  data: string,
): Promise<Described> {
  const { reflect } = await import('../descriptors/reflection.ts');
  return reflect(client, splitMethod(method), typesIn(data), { deadlineMs: connectMs, metadata });
}

/** Types that stand in `Any`s: no file of the service need import them. */
function typesIn(data: string): string[] {
  return [...data.matchAll(/"@type"\s*:\s*"[^"\\]*\/([\w.]+)"/g)].map(([, name]) => name!);
}
