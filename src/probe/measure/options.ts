import type { DescService } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { EvenkeelError } from '../../base/errors.ts';
import { wholeNumber } from '../../base/number-flag.ts';
import { type Identifier, parseIdentifier } from '../identify/identify.ts';
import { type Arrivals, parseRate } from '../load/arrivals.ts';
import { addOutputOptions, type Output, parseOutput } from '../output-flags.ts';
import type { TlsFlags } from '../target/credentials.ts';
import { type ProbeTarget, parseTarget } from '../target/parse-target.ts';
import { parseDuration } from './duration.ts';
import { addGateOptions, type Gate, parseGate, type RawGate } from './gate.ts';
import { parseHeaders } from './headers.ts';

/** Everything that a person can say about a measurement. */
export interface ProbeOptions extends Output {
  readonly target: ProbeTarget;
  /** `pkg.Service/Method` */
  readonly method: string;
  /** JSON; undefined: an empty message. */
  readonly data: string | undefined;
  readonly protoFiles: readonly string[];
  readonly importPaths: readonly string[];
  /** Descriptor sets. */
  readonly protoSets: readonly string[];
  /** Metadata or HTTP headers, names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  /** `:authority` of gRPC, `Host` of HTTP, `NAME` or `NAME:PORT`; undefined: as the target says. */
  readonly authority: string | undefined;
  readonly httpMethod: string;
  readonly body: string | undefined;
  /** Undefined: plaintext, unless the target is https. */
  readonly tls: TlsFlags | undefined;
  readonly deadlineMs: number;
  readonly connectMs: number;
  /** Undefined: found from the answers. */
  readonly identifier: Identifier | undefined;
  /** Backends that ought to answer; undefined: found from the target. */
  readonly backends: number | undefined;
  readonly policy: 'pick_first' | 'round_robin';
  /** 0: a new one for every call (HTTP); undefined: one channel of gRPC, as many as calls are in flight of HTTP. */
  readonly connections: number | undefined;
  readonly engine: 'channel' | 'wire';
  readonly arrivals: Arrivals;
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly calls: number | undefined;
  readonly seed: number;
  readonly gate: Gate | undefined;
  /** Of the clients of schemes, which are not a person's. */
  readonly own?: OwnClient | undefined;
}

/** What the client of a scheme has and a person cannot say. */
export interface OwnClient {
  /** Known without asking the server. */
  readonly service: DescService;
  /** Of grpc-js, on top of those of every probe. */
  readonly channelOptions: Readonly<Record<string, string | number>>;
  /** gRPC's own retries of calls that no server has looked at (gRFC A6, "Transparent Retries"). */
  readonly retries: boolean;
}

type TextFlag =
  | ('method' | 'data' | 'authority' | 'httpMethod' | 'body' | 'deadline' | 'connectTimeout' | 'identify' | 'backends')
  | ('policy' | 'connections' | 'engine' | 'rate' | 'concurrency' | 'warmup' | 'duration' | 'calls' | 'seed')
  | ('report' | 'html');
type ListFlag = 'proto' | 'importPath' | 'protoset' | 'header';
type Switch = 'tls' | 'newConnections' | 'poisson' | 'json';

/** As commander hands options over. */
export type RawProbeOptions = RawGate &
  TlsFlags & { readonly [flag in TextFlag]?: string } & { readonly [flag in ListFlag]?: readonly string[] } & {
    readonly [flag in Switch]?: boolean;
  };

export const healthMethod = 'grpc.health.v1.Health/Check';

/**
 * Checks what was given and fills in the defaults; pure.
 *
 * @throws EvenkeelError `EK_USAGE`, `EK_PROBE_TARGET`
 */
export function parseProbeOptions(text: string, raw: RawProbeOptions): ProbeOptions {
  const target = parseTarget(text);
  const usage = (message: string, field: string, hint?: string): EvenkeelError =>
    new EvenkeelError('EK_USAGE', message, { field, hint });
  const whole = (value: string | undefined, field: string, max: number): number | undefined =>
    wholeNumber(value, field, undefined, 1, max);
  const forGrpc = {
    '--method': raw.method,
    '--data': raw.data,
    '--proto': raw.proto,
    '--protoset': raw.protoset,
    '--policy': raw.policy,
  };
  const forHttp = { '--http-method': raw.httpMethod, '--body': raw.body, '--new-connections': raw.newConnections };
  const misplaced = Object.entries(target.kind === 'http' ? { ...forGrpc, '--engine': raw.engine } : forHttp).find(
    ([, value]) => value !== undefined,
  );
  if (misplaced !== undefined) {
    throw usage(`${misplaced[0]} is for ${target.kind === 'http' ? 'gRPC' : 'HTTP'} targets only`, misplaced[0]);
  }
  if (raw.rate !== undefined && raw.concurrency !== undefined) {
    throw usage(
      '--rate and --concurrency do not go together',
      '--rate',
      'Give a rate (open loop) or callers (closed loop).',
    );
  }
  if (raw.concurrency !== undefined && raw.poisson === true) {
    throw usage('--poisson goes with --rate', '--poisson', 'In a closed loop the answers decide when calls start.');
  }
  if (raw.policy !== undefined && raw.policy !== 'pick_first' && raw.policy !== 'round_robin') {
    throw usage(`there is no policy "${raw.policy}"`, '--policy', 'Write --policy pick_first or --policy round_robin.');
  }
  if (raw.policy !== undefined && target.kind === 'grpc' && target.scheme === 'xds') {
    throw usage('the control plane says how an xds:/// client balances', '--policy', 'Leave --policy away.');
  }
  if (raw.engine !== undefined && raw.engine !== 'channel' && raw.engine !== 'wire') {
    throw usage(`there is no engine "${raw.engine}"`, '--engine', 'Write --engine channel or --engine wire.');
  }
  if (raw.engine === 'wire' && raw.policy === 'pick_first') {
    throw usage(
      '--engine wire calls all addresses in turn, and pick_first stays with one',
      '--policy',
      'Leave --policy away, or write --engine channel.',
    );
  }
  if (raw.newConnections === true && raw.connections !== undefined) {
    throw usage(
      '--new-connections and --connections do not go together',
      '--connections',
      'Give a number of connections that are kept alive, or have a new one for every call.',
    );
  }
  if (raw.httpMethod !== undefined && !/^(?!connect$)[\w!#$%&'*+.^`|~-]+$/i.test(raw.httpMethod)) {
    throw usage(
      `"${raw.httpMethod}" is no method that a resource is called with`,
      '--http-method',
      'For example --http-method PUT.',
    );
  }
  if (raw.importPath !== undefined && raw.proto === undefined) {
    throw usage('--import-path says nothing without --proto', '--import-path', 'Name the file, with --proto FILE.');
  }
  if (raw.proto !== undefined && raw.protoset !== undefined) {
    throw usage('--proto and --protoset do not go together', '--protoset', 'Leave one of them away.');
  }
  if (raw.data !== undefined && raw.method === undefined) {
    throw usage(
      '--data says nothing without --method',
      '--data',
      'Name the method, for example --method shop.Orders/Get.',
    );
  }
  const callers = whole(raw.concurrency, '--concurrency', 10_000);
  const seed = wholeNumber(raw.seed, '--seed', 1, 0, 2 ** 31 - 1);
  const calls = whole(raw.calls, '--calls', 100_000_000);
  const arrivals: Arrivals =
    callers === undefined ? parseRate(raw.rate ?? '100', raw.poisson === true) : { loop: 'closed', callers };
  if (calls !== undefined && raw.duration === undefined && arrivals.loop === 'open' && arrivals.shape !== 'constant') {
    throw usage('a ramp and steps need --duration', '--duration', 'For example --rate 10..500 --duration 30s.');
  }
  const headers = parseHeaders(raw.header ?? [], target.kind);
  if (raw.authority !== undefined && headers.some(([name]) => name === 'host')) {
    throw usage('--authority and the header "host" are the same', '--authority', 'Give one of them.');
  }
  if (target.kind === 'grpc' && /^(body$|line:)/.test(raw.identify ?? '')) {
    throw usage(
      `--identify ${raw.identify} is for HTTP targets only`,
      '--identify',
      'Name a field: --identify field:PATH.',
    );
  }
  const tlsFlag = (['tls', 'ca', 'cert', 'key', 'serverName'] as const).find((flag) => raw[flag] !== undefined);
  if (target.kind === 'http' && target.url.protocol === 'http:' && tlsFlag !== undefined) {
    const flag = tlsFlag === 'serverName' ? '--server-name' : `--${tlsFlag}`;
    throw usage(`${flag} asks for TLS, and an http:// target has none`, flag, 'Write https://, or leave it away.');
  }
  const wantsTls = raw.tls === true || [raw.ca, raw.cert, raw.key, raw.serverName].some((one) => one !== undefined);
  return {
    target,
    method: raw.method ?? healthMethod,
    data: raw.data,
    protoFiles: raw.proto ?? [],
    importPaths: raw.importPath ?? [],
    protoSets: raw.protoset ?? [],
    headers,
    authority: raw.authority === undefined ? undefined : parseAuthority(raw.authority),
    httpMethod: raw.httpMethod?.toUpperCase() ?? (raw.body === undefined ? 'GET' : 'POST'),
    body: raw.body,
    tls: wantsTls ? { ca: raw.ca, cert: raw.cert, key: raw.key, serverName: raw.serverName } : undefined,
    deadlineMs: parseDuration(raw.deadline ?? '1s', '--deadline', { min: 1 }),
    connectMs: parseDuration(raw.connectTimeout ?? '5s', '--connect-timeout', { min: 1 }),
    identifier: parseIdentifier(raw.identify ?? 'auto'),
    backends: whole(raw.backends, '--backends', 10_000),
    policy: raw.policy ?? 'pick_first',
    connections: raw.newConnections === true ? 0 : whole(raw.connections, '--connections', 1000),
    engine: raw.engine ?? 'channel',
    arrivals,
    // So many calls were asked for, not a hundred more.
    warmupMs: parseDuration(raw.warmup ?? (calls === undefined ? '1s' : '0'), '--warmup'),
    // With a number of calls the rate says how long it takes.
    durationMs:
      raw.duration === undefined && calls !== undefined
        ? 86_400_000
        : parseDuration(raw.duration ?? '10s', '--duration', { min: 1 }),
    calls,
    seed,
    gate: parseGate(raw),
    ...parseOutput(raw),
  };
}

/** RFC 3986, 3.2: a name or an address, perhaps with a port. */
function parseAuthority(text: string): string {
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]+)(:\d{1,5})?$/i.test(text)) {
    throw new EvenkeelError('EK_USAGE', `invalid --authority "${text}"`, {
      field: '--authority',
      hint: 'Write NAME or NAME:PORT, for example --authority orders.shop.',
    });
  }
  return text;
}

const list = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds the flags that {@link parseProbeOptions} reads. */
export function addProbeOptions<C extends Command>(command: C): C {
  command
    .option('--method <name>', `gRPC: SERVICE/METHOD, by reflection or --proto (default: ${healthMethod})`)
    .option('--data <json>', 'gRPC: the message, a list of them for a method that takes a stream; @FILE reads a file')
    .option('--proto <file>', 'gRPC: .proto file that has the method; may be repeated', list)
    .option('--import-path <folder>', 'gRPC: where .proto files are looked for; may be repeated', list)
    .option(
      '--protoset <file>',
      'gRPC: descriptor set of protoc or buf, instead of .proto files; may be repeated',
      list,
    )
    .option('--header <name: value>', 'metadata or HTTP header; may be repeated', list)
    .option('--authority <name>', 'virtual host: :authority of gRPC, Host of HTTP (default: as the target says)')
    .option('--http-method <name>', 'HTTP: GET, POST, … (default: GET, with --body POST)')
    .option('--body <text>', 'HTTP: what is sent; @FILE reads a file')
    .option('--tls', 'TLS with the certificates that this machine trusts')
    .option('--ca <file>', 'TLS with this authority (PEM)')
    .option('--cert <file>', "mutual TLS: the client's certificate (PEM)")
    .option('--key <file>', 'mutual TLS: its key (PEM)')
    .option('--server-name <name>', "name in the server's certificate, where it is not the target's")
    .option('--deadline <time>', 'of every call (default: 1s)')
    .option('--connect-timeout <time>', 'how long the first connection may take (default: 5s)')
    .option(
      '--identify <where>',
      'who answered: auto, peer, header:NAME, trailer:NAME, field:PATH, line:NAME, body (default: auto)',
    )
    .option('--backends <n>', 'backends that ought to answer (default: as DNS, EndpointSlices or xDS say)')
    .option('--policy <name>', "gRPC: the client's load balancing, pick_first or round_robin (default: pick_first)")
    .option(
      '--connections <n>',
      'gRPC channels (default: 1), or HTTP connections that are kept alive (default: as many as calls in flight)',
    )
    .option('--new-connections', 'HTTP: a connection for every call')
    .option(
      '--engine <name>',
      'gRPC: channel (a real client) or wire (as little as can be, for rates) (default: channel)',
    )
    .option('--rate <n>', 'calls a second, open loop; a ramp 10..500, steps 10,50,200 (default: 100)')
    .option('--poisson', 'times drawn at random instead of evenly spaced')
    .option('--concurrency <n>', 'closed loop: so many callers, each with one call in flight')
    .option('--warmup <time>', 'calls that do not count at the start (default: 1s; with --calls none)')
    .option('--duration <time>', 'how long calls that count are made (default: 10s)')
    .option('--calls <n>', 'end after so many calls that count')
    .option('--seed <n>', 'random seed (default: 1)');
  return addOutputOptions(addGateOptions(command));
}
