import * as grpc from '@grpc/grpc-js';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { TlsCredentials } from '../target/channel-credentials.ts';
import { ChannelEngine } from '../target/channel-engine.ts';
import { clientTls, readTls } from '../target/credentials.ts';
import { type ClientTls, ConnectFailure, type Dial, dialWith } from '../target/dial.ts';
import type { PreparedCall } from '../target/method.ts';
import { namesOf, type TargetNames } from '../target/names-of-target.ts';
import { findPlace, type GrpcPlace, type GrpcTarget } from './grpc-place.ts';
import { type Opened, unreachable } from './opened.ts';
import type { ProbeOptions } from './options.ts';
import { describeGiven, knownService, prepare } from './prepare.ts';

/** How to reach the servers of a target. */
interface Route {
  readonly target: GrpcTarget;
  readonly place: GrpcPlace;
  readonly names: TargetNames;
  readonly tls: ClientTls | undefined;
  readonly dial: Dial;
}

export async function openGrpc(options: ProbeOptions, signal: AbortSignal): Promise<Opened> {
  const { target } = options;
  if (target.kind !== 'grpc') throw new TypeError('not a gRPC target');
  const material = options.tls === undefined ? undefined : await readTls(options.tls);
  const given = await describeGiven(options);
  const metadata = metadataOf(options.headers);
  const place = await findPlace(target, options);
  const names = namesOf(target, options.authority, material?.serverName);
  const tls = material === undefined ? undefined : clientTls(material, names.serverName);
  const route: Route = { target, place, names, tls, dial: dialWith(tls) };
  const channel = openChannel(options, route, metadata);
  const stop = (): void => channel.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await channel
      .connect(options.connectMs, () => diagnose(options, route, signal))
      .catch((thrown: unknown) => {
        throw unreachable(options, messageOf(thrown), thrown);
      });
    const call = await prepare(options, given, channel.client, metadata);
    const reflected = given === undefined && knownService(options) === undefined;
    if (options.engine === 'wire') {
      const opened = await openWire(options, route, call);
      channel.close();
      return { ...opened, reflected };
    }
    channel.prepare(call);
    const { ask, close } = place;
    return { engine: channel, call: call.path, ask, askEveryMs: askEveryMs(target), reflected, close };
  } catch (thrown) {
    channel.close();
    await place.close();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function openChannel(options: ProbeOptions, { target, place, names, tls }: Route, metadata: grpc.Metadata) {
  return new ChannelEngine(
    {
      uri: place.uri,
      credentials: tls === undefined ? grpc.credentials.createInsecure() : new TlsCredentials(tls),
      options: channelOptions(target, options, names),
      channels: options.connections ?? 1,
    },
    { deadlineMs: options.deadlineMs, metadata },
  );
}

async function diagnose(
  { connectMs, own }: ProbeOptions,
  { place, dial, tls }: Route,
  signal: AbortSignal,
): Promise<ConnectFailure | undefined> {
  const expected = await place.ask().catch(() => undefined);
  if (expected === undefined || expected.backends.length === 0) return undefined;
  const { diagnoseGrpc } = await import('../target/diagnose.ts');
  const limits = { withinMs: connectMs / 2, signal };
  const found = await diagnoseGrpc(dial, place.addressesOf(expected), tls === undefined, limits);
  // What a scheme calls has just been made, and may not listen yet.
  return own === undefined || found === undefined ? found : new ConnectFailure(found.message, false, found);
}

async function openWire(
  options: ProbeOptions,
  { target, place, names, tls, dial }: Route,
  { path, requests, singleAnswer, answers }: PreparedCall,
): Promise<Omit<Opened, 'reflected'>> {
  const { connections = 1, headers, deadlineMs, connectMs } = options;
  const { WireEngine } = await import('../load/wire/wire-engine.ts');
  const engine = await WireEngine.open({
    addresses: place.addressesOf(await place.ask()),
    connections,
    ...{ dial, path, answers, deadlineMs, connectMs, messages: requests, single: singleAnswer, metadata: headers },
    scheme: tls === undefined ? 'http' : 'https',
    authority: names.authority,
  }).catch((thrown: unknown) => {
    throw unreachable(options, messageOf(thrown), thrown);
  });
  const ask: Opened['ask'] = async () => {
    const expected = await place.ask();
    // As a channel: Kubernetes is followed at once, DNS is asked again where a connection is lost.
    if (target.scheme === 'kubernetes' || !engine.isWhole) engine.follow(place.addressesOf(expected));
    return expected;
  };
  return { engine, call: path, ask, askEveryMs: askEveryMs(target), close: place.close };
}

function askEveryMs({ scheme }: GrpcTarget): number {
  return scheme === 'kubernetes' ? 50 : 500;
}

/** No retries, no proxy of the environment, no service config from DNS, no connections shared with another channel. */
function channelOptions(
  { scheme }: GrpcTarget,
  { policy, own }: ProbeOptions,
  { authority }: TargetNames,
): grpc.ChannelOptions {
  // By the service config below nothing is retried but what no server has processed, as in every gRPC client (gRFC A6,
  // "Transparent Retries"). A control plane could ask for more; for schemes a failed attempt is a failed call.
  const retries = own?.retries ?? scheme !== 'xds';
  return {
    'grpc.enable_retries': retries ? 1 : 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.default_authority': authority,
    ...(scheme !== 'xds' && { 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [policy]: {} }] }) }),
    ...own?.channelOptions,
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
