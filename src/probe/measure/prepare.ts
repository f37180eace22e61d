import { create, createFileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Health } from '@evenkeel/xds/gen/health/v1/health_pb';
import type * as grpc from '@grpc/grpc-js';
import type { Described } from '../descriptors/link.ts';
import { loadProtoFiles } from '../descriptors/proto-files.ts';
import { loadProtoSets } from '../descriptors/proto-sets.ts';
import { reflect } from '../descriptors/reflection.ts';
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
  if (protoFiles.length > 0) return loadProtoFiles(protoFiles, importPaths, splitMethod(method));
  return protoSets.length > 0 ? loadProtoSets(protoSets, splitMethod(method)) : undefined;
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
  const wanted = splitMethod(options.method);
  const described =
    given ??
    // Known without asking: the service that every server is expected to have.
    (isHealth(options)
      ? health()
      : await reflect(client, wanted, typesIn(data), { deadlineMs: options.connectMs, metadata }));
  return prepareCall(described, options.method, data);
}

/** Whether the method is one that is known without asking. */
export function isHealth({ method }: ProbeOptions): boolean {
  return splitMethod(method).service === Health.typeName;
}

function health(): Described {
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [Health.file.proto] }));
  return { registry, missing: new Map() };
}

/** Types that stand in `Any`s: no file of the service need import them. */
function typesIn(data: string): string[] {
  return [...data.matchAll(/"@type"\s*:\s*"[^"\\]*\/([\w.]+)"/g)].map(([, name]) => name!);
}
