import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { create, createFileRegistry, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { splitAddress } from '../../base/listen-address.ts';
import { Health, HealthCheckRequestSchema } from '../../gen/health/v1/health_pb.ts';
import { loadProtoFiles } from '../descriptors/proto-files.ts';
import { reflect } from '../descriptors/reflection.ts';
import type { Engine } from '../load/engine.ts';
import { maxRequestBytes, WireEngine } from '../load/wire/wire-engine.ts';
import { ChannelEngine } from '../target/channel-engine.ts';
import { readTls, type TlsMaterial } from '../target/credentials.ts';
import { type Expected, expectedOf } from '../target/expected.ts';
import { HttpEngine } from '../target/http-engine.ts';
import { type PreparedCall, prepareCall, splitMethod } from '../target/method.ts';
import { healthMethod, type ProbeOptions } from './options.ts';

/** An engine that is connected, and what is known of its target. */
export interface Opened {
  readonly engine: Engine;
  /** `/grpc.health.v1.Health/Check`, `GET /path` */
  readonly call: string;
  /** Who ought to answer, now. */
  ask(): Promise<Expected>;
  /** How often {@link ask} may be asked; where the answer is at hand, often. */
  readonly askEveryMs: number;
  /** Ends what keeps {@link ask} up to date. */
  close(): Promise<void>;
}

/**
 * Connects to the target and finds out how to call it.
 *
 * @throws EvenkeelError `EK_PROBE_UNREACHABLE`, `EK_PROBE_NO_REFLECTION`, `EK_PROBE_METHOD`, `EK_PROBE_DATA`, `EK_FILE_READ`,
 *   `EK_FILE_SYNTAX`
 */
export async function openEngine(options: ProbeOptions): Promise<Opened> {
  return options.target.kind === 'http' ? openHttp(options) : openGrpc(options);
}

async function openHttp(options: ProbeOptions): Promise<Opened> {
  const { target, headers, httpMethod, connections, deadlineMs } = options;
  if (target.kind !== 'http') throw new TypeError('not an HTTP target');
  const { ca, cert, key, serverName } = await readTls(options.tls ?? {});
  const body = options.body === undefined ? undefined : await fileOrText(options.body, '--body');
  await knownHost(options);
  const engine = new HttpEngine({
    ...{ url: target.url, method: httpMethod, headers: Object.fromEntries(headers), body, connections, deadlineMs },
    tls: { ca, cert, key, servername: serverName },
  });
  const { status, error } = await engine.sample();
  if (!/^(OK|HTTP_)/.test(status)) {
    engine.close();
    throw unreachable(options, `${status}: ${error ?? 'no answer'}`);
  }
  return {
    engine,
    call: `${httpMethod} ${target.url.pathname}`,
    ask: () => expectedOf(target),
    askEveryMs: 500,
    close: async () => {},
  };
}

async function openGrpc(options: ProbeOptions): Promise<Opened> {
  const { target, connections, deadlineMs, connectMs } = options;
  if (target.kind !== 'grpc') throw new TypeError('not a gRPC target');
  const tls = options.tls === undefined ? undefined : await readTls(options.tls);
  const fromFiles =
    options.protoFiles.length > 0
      ? await loadProtoFiles(options.protoFiles, options.importPaths, splitMethod(options.method).service)
      : undefined;
  if (target.scheme === 'xds') {
    const { GRPC_XDS_BOOTSTRAP, GRPC_XDS_BOOTSTRAP_CONFIG } = process.env;
    if (!GRPC_XDS_BOOTSTRAP && !GRPC_XDS_BOOTSTRAP_CONFIG) {
      throw new EvenkeelError('EK_USAGE', 'an xds:/// target needs to know its control plane', {
        field: 'GRPC_XDS_BOOTSTRAP',
        hint: 'Write the file with: evenkeel bootstrap --server HOST:PORT > bootstrap.json, and name it in GRPC_XDS_BOOTSTRAP.',
      });
    }
    const xds = await import('@grpc/grpc-js-xds');
    xds.register();
  } else await knownHost(options);
  const place = await resolvePlace(options);
  const close = async (): Promise<void> => place.close?.();
  const askEveryMs = target.scheme === 'kubernetes' ? 50 : 500;
  const metadata = metadataOf(options.headers);
  const channel = new ChannelEngine(
    {
      uri: place.uri,
      credentials: credentialsOf(tls),
      options: channelOptions(options, tls),
      channels: Math.max(1, connections),
    },
    { deadlineMs, metadata },
  );
  try {
    await channel.connect(connectMs).catch((thrown: unknown) => {
      throw unreachable(options, messageOf(thrown), thrown);
    });
    const call = await prepare(options, fromFiles, channel, metadata);
    if (options.engine === 'wire') {
      const engine = await openWire(options, call, await place.ask(), tls);
      channel.close();
      return { engine, call: call.path, ask: place.ask, askEveryMs, close };
    }
    channel.prepare(call);
    return { engine: channel, call: call.path, ask: place.ask, askEveryMs, close };
  } catch (thrown) {
    channel.close();
    await close();
    throw thrown;
  }
}

async function openWire(
  options: ProbeOptions,
  { path, requests, answers }: PreparedCall,
  { backends }: Expected,
  tls: TlsMaterial | undefined,
): Promise<Engine> {
  const { target, connections, headers, deadlineMs, connectMs } = options;
  if (requests.reduce((sum, { length }) => sum + length + 5, 0) > maxRequestBytes) {
    throw new EvenkeelError('EK_USAGE', `the engine "wire" sends at most ${maxRequestBytes} bytes a call`, {
      field: '--engine',
      hint: 'Use --engine channel.',
    });
  }
  const addresses = backends.map(({ address }) => splitAddress(address));
  const name = target.kind === 'grpc' && target.scheme === 'dns' ? target.host : (addresses[0]?.host ?? 'localhost');
  const engine = await WireEngine.open(
    {
      ...{ addresses, connections: Math.max(1, connections), path, messages: requests, metadata: headers, deadlineMs },
      authority:
        options.authority ??
        tls?.serverName ??
        (target.kind === 'grpc' && target.scheme === 'dns' ? `${name}:${target.port}` : name),
      tls:
        tls === undefined
          ? undefined
          : { ca: tls.ca, cert: tls.cert, key: tls.key, servername: tls.serverName ?? name },
      answers,
    },
    connectMs,
  ).catch((thrown: unknown) => {
    throw unreachable(options, messageOf(thrown), thrown);
  });
  return engine;
}

interface Place {
  /** As grpc-js takes it. */
  readonly uri: string;
  ask(): Promise<Expected>;
  close?(): Promise<void>;
}

async function resolvePlace({ target, connectMs }: ProbeOptions): Promise<Place> {
  if (target.kind !== 'grpc') throw new TypeError('not a gRPC target');
  if (target.scheme === 'xds') {
    const { expectedOfXds } = await import('../target/expected-xds.ts');
    return { uri: target.text, ask: expectedOfXds };
  }
  if (target.scheme === 'kubernetes') {
    const { resolveTo, watchPods } = await import('../target/kubernetes.ts');
    const port = target.text.slice(target.text.lastIndexOf(':') + 1);
    const pods = await watchPods(target.host, port, connectMs);
    resolveTo(pods);
    return { uri: `kubernetes:///${target.host}`, ask: async () => pods.now(), close: () => pods.close() };
  }
  const uri = target.scheme === 'dns' && !target.text.startsWith('dns:') ? `dns:///${target.text}` : target.text;
  return { uri, ask: () => expectedOf(target) };
}

/** A name that does not exist is told at once and by its own words, not after the time for connecting. */
async function knownHost(options: ProbeOptions): Promise<void> {
  await expectedOf(options.target).catch((thrown: unknown) => {
    throw unreachable(options, messageOf(thrown), thrown);
  });
}

function unreachable({ target, connectMs }: ProbeOptions, why: string, cause?: unknown): EvenkeelError {
  const words = why.replace(/^Failed to connect before the deadline$/, `no connection within ${connectMs} ms`);
  return new EvenkeelError('EK_PROBE_UNREACHABLE', `${target.text} cannot be reached: ${words}`, {
    field: 'TARGET',
    cause,
  });
}

async function prepare(
  options: ProbeOptions,
  fromFiles: Awaited<ReturnType<typeof loadProtoFiles>> | undefined,
  channel: ChannelEngine,
  metadata: grpc.Metadata,
): Promise<PreparedCall> {
  const data = options.data === undefined ? '{}' : await fileOrText(options.data, '--data');
  if (fromFiles !== undefined) return prepareCall(fromFiles.registry, options.method, data);
  const wanted = splitMethod(options.method);
  // Known without asking: the service that every server is expected to have.
  if (wanted.service === Health.typeName) {
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [Health.file.proto] }));
    const call = prepareCall(registry, options.method, data);
    const empty = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema));
    return options.method === healthMethod && options.data === undefined ? { ...call, requests: [empty] } : call;
  }
  const described = await reflect(channel.client, wanted, [], { deadlineMs: options.connectMs, metadata });
  return prepareCall(described.registry, options.method, data);
}

function credentialsOf(tls: TlsMaterial | undefined): grpc.ChannelCredentials {
  if (tls === undefined) return grpc.credentials.createInsecure();
  return grpc.credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

/** As the schemes' clients: no retries, no proxy of the environment, no service config from DNS, no shared connections. */
function channelOptions(
  { target, policy, authority }: ProbeOptions,
  tls: TlsMaterial | undefined,
): grpc.ChannelOptions {
  const xds = target.kind === 'grpc' && target.scheme === 'xds';
  return {
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    ...(!xds && { 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [policy]: {} }] }) }),
    ...(tls?.serverName !== undefined && {
      'grpc.ssl_target_name_override': tls.serverName,
      ...(isIP(tls.serverName) === 0 && { 'grpc.default_authority': tls.serverName }),
    }),
    ...(authority !== undefined && { 'grpc.default_authority': authority }),
  };
}

function metadataOf(headers: ProbeOptions['headers']): grpc.Metadata {
  const metadata = new grpc.Metadata({ waitForReady: false });
  for (const [name, value] of headers) {
    try {
      metadata.add(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    } catch (cause) {
      throw new EvenkeelError('EK_USAGE', `"${name}" is no metadata: ${messageOf(cause)}`, {
        field: '--header',
        cause,
      });
    }
  }
  return metadata;
}

/** `@FILE` is what the file holds. */
async function fileOrText(text: string, field: string): Promise<string> {
  if (!text.startsWith('@')) return text;
  const file = text.slice(1);
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}: ${messageOf(cause)}`, { file, field, cause });
  });
}
