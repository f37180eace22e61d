import { gzipSync } from 'node:zlib';
import { frameFlag, frameType } from '@evenkeel/xds/http2';
import {
  anyFrame,
  emptyMessage,
  grpcHeaders,
  type HeaderPairs,
  type RawServerOptions,
  type RawStream,
  setting,
} from './raw-http2-server.ts';

/** How a server behaves, and what every engine of gRPC has to make of it. */
export interface EngineCase {
  readonly name: string;
  readonly server: RawServerOptions;
  /** Of all calls. */
  readonly status: string;
  /** Where grpc-js, which the engine `channel` is, does something else. */
  readonly grpcJs?: string;
  /** In the error's words. */
  readonly says?: RegExp;
  /** Calls that are made at once; default 1. */
  readonly calls?: number;
  /** Characters of the request's one field; default 0. */
  readonly requestLength?: number;
  /** Default 20 s; where it is over at once, the case does not take so long. */
  readonly deadline?: string;
}

const page = Buffer.from('<html><head><title>502 Bad Gateway</title></head></html>');

function answers(name: string, status: string, answer: (stream: RawStream) => void, says?: RegExp): EngineCase {
  return { name, status, server: { onRequest: answer }, ...(says !== undefined && { says }) };
}

const html = (httpStatus: number): HeaderPairs => [
  [':status', String(httpStatus)],
  ['content-type', 'text/html'],
];

/** gRPC, doc/http-grpc-status-mapping.md. */
const mapping = [
  [400, 'INTERNAL'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'UNIMPLEMENTED'],
  [418, 'UNKNOWN'],
  [429, 'UNAVAILABLE'],
  [500, 'UNKNOWN'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'UNAVAILABLE'],
] as const;

const notGrpc: readonly EngineCase[] = [
  ...mapping.flatMap(([code, status]) => [
    answers(`HTTP ${code} without a body`, status, (stream) => stream.headers(html(code), true), RegExp(`${code}`)),
    answers(
      `HTTP ${code} with a page`,
      status,
      (stream) => stream.headers(html(code)).data(page, true),
      RegExp(`${code}`),
    ),
  ]),
  answers('HTTP 502 with a page without end', 'UNAVAILABLE', (stream) => stream.headers(html(502)).data(page)),
  answers('HTTP 502 with a page and trailers', 'UNAVAILABLE', (stream) =>
    stream
      .headers(html(502))
      .data(page)
      .headers([['x-trailer', '1']], true),
  ),
  answers('HTTP 502 of few bytes', 'UNAVAILABLE', (stream) => stream.headers(html(502)).data(Buffer.from('no'), true)),
  answers('HTTP 200 with a page', 'UNKNOWN', (stream) => stream.headers(html(200)).data(page, true), /text\/html/),
  answers('HTTP 200 of few bytes', 'UNKNOWN', (stream) => stream.headers(html(200)).data(Buffer.from('{}'), true)),
  answers('HTTP 200 without gRPC and body', 'UNKNOWN', (stream) => stream.headers(html(200), true)),
];

const statuses: readonly EngineCase[] = [
  answers('an answer', 'OK', (stream) => stream.ok()),
  answers('an answer without content-type', 'OK', (stream) =>
    stream
      .headers([[':status', '200']])
      .data(emptyMessage)
      .trailers(),
  ),
  answers('interim headers before an answer', 'OK', (stream) =>
    stream
      .headers([
        [':status', '103'],
        ['link', '</x>'],
      ])
      .headers([[':status', '100']])
      .ok(),
  ),
  answers(
    'trailers alone',
    'NOT_FOUND',
    (stream) => stream.headers([...grpcHeaders, ['grpc-status', '5'], ['grpc-message', 'not%20here']], true),
    /^not here$/,
  ),
  answers('HTTP 503 with a gRPC status', 'NOT_FOUND', (stream) =>
    stream.headers(
      [
        [':status', '503'],
        ['content-type', 'application/grpc'],
        ['grpc-status', '5'],
      ],
      true,
    ),
  ),
  answers('trailers without a status', 'UNKNOWN', (stream) =>
    stream
      .headers(grpcHeaders)
      .data(emptyMessage)
      .headers([['x', '1']], true),
  ),
  answers('an end without trailers', 'INTERNAL', (stream) => stream.headers(grpcHeaders).data(emptyMessage, true)),
  answers('a status that gRPC does not know', 'UNKNOWN', (stream) => stream.headers(grpcHeaders).trailers('99')),
  answers('a status that is no number', 'UNKNOWN', (stream) => stream.headers(grpcHeaders).trailers('fine')),
  answers(
    'a message of an error that is no percent code',
    'ABORTED',
    (stream) => stream.headers(grpcHeaders).trailers('10', [['grpc-message', '100% wrong']]),
    /^100% wrong$/,
  ),
  answers('no message', 'UNIMPLEMENTED', (stream) => stream.headers(grpcHeaders).trailers()),
  {
    // It waits for the end of the stream that it has cancelled itself.
    ...{ grpcJs: 'DEADLINE_EXCEEDED', deadline: '500ms' },
    ...answers('two messages', 'UNIMPLEMENTED', (stream) =>
      stream.headers(grpcHeaders).data(emptyMessage).data(emptyMessage).trailers(),
    ),
  },
  answers('half a message', 'UNIMPLEMENTED', (stream) =>
    stream
      .headers(grpcHeaders)
      .data(Buffer.from([0, 0, 0, 0, 9, 1]))
      .trailers(),
  ),
  answers('a message of 2 GB', 'RESOURCE_EXHAUSTED', (stream) =>
    stream.headers(grpcHeaders).data(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1])),
  ),
  answers('a compressed message', 'OK', (stream) => {
    const message = gzipSync(Buffer.alloc(0));
    stream
      .headers([...grpcHeaders, ['grpc-encoding', 'gzip']])
      .data(Buffer.concat([Buffer.from([1, 0, 0, 0, message.length]), message]))
      .trailers();
  }),
  answers('a message in frames of one byte', 'OK', (stream) => {
    stream.headers(grpcHeaders);
    for (const byte of emptyMessage) stream.data(Buffer.from([byte]));
    stream.trailers();
  }),
  answers('padding', 'OK', (stream) =>
    stream
      .headers(grpcHeaders)
      .frame(frameType.data, frameFlag.padded, Buffer.concat([Buffer.from([9]), emptyMessage, Buffer.alloc(9)]))
      .trailers(),
  ),
  answers('frames of unknown types', 'OK', (stream) => {
    stream.connection.write(anyFrame(0xbe, 0xff, 0, Buffer.alloc(20)));
    stream.headers(grpcHeaders).frame(0xef, 0, Buffer.alloc(3)).data(emptyMessage).trailers();
  }),
  { ...answers('no answer', 'DEADLINE_EXCEEDED', () => {}), deadline: '200ms' },
  { ...answers('headers and no end', 'DEADLINE_EXCEEDED', (stream) => stream.headers(grpcHeaders)), deadline: '200ms' },
];

const resets: readonly EngineCase[] = [
  answers('a reset after the end', 'OK', (stream) => stream.ok().reset(2)),
  answers('NO_ERROR after the end', 'OK', (stream) => stream.ok().reset(0)),
  ...(
    [
      [0, 'INTERNAL'],
      [1, 'INTERNAL'],
      [2, 'INTERNAL'],
      [3, 'INTERNAL'],
      [4, 'INTERNAL'],
      [6, 'INTERNAL'],
      [8, 'CANCELLED'],
      [9, 'INTERNAL'],
      [10, 'INTERNAL'],
      [11, 'RESOURCE_EXHAUSTED'],
      [12, 'PERMISSION_DENIED'],
      [13, 'INTERNAL'],
      [99, 'INTERNAL'],
    ] as const
  ).map(([code, status]) => answers(`a reset with ${code}`, status, (stream) => stream.reset(code))),
  answers('NO_ERROR in the middle of a page', 'UNAVAILABLE', (stream) => stream.headers(html(503)).reset(0)),
  answers('a stream that is always refused', 'UNAVAILABLE', (stream) => stream.reset(7)),
  answers('a stream that is refused once', 'OK', (stream) => {
    if (stream.connection.requests === 1) stream.reset(7);
    else stream.ok();
  }),
];

const windows: readonly EngineCase[] = [
  ...[1, 1_000, 65_535].map((size) => ({
    name: `windows of ${size} bytes`,
    server: { settings: [[setting.initialWindowSize, size]], onRequest: (stream: RawStream) => stream.ok() } as const,
    ...{ status: 'OK', requestLength: size === 1 ? 300 : 50_000, calls: 5 },
  })),
  {
    name: 'a request of 1 MB',
    server: { onRequest: (stream) => stream.ok() },
    ...{ status: 'OK', requestLength: 1_000_000, calls: 3 },
  },
  {
    name: 'a window that shrinks below zero and grows again',
    server: {
      onHead: ({ connection }) => {
        connection.write(anyFrame(frameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 10])));
        connection.write(anyFrame(frameType.settings, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0])));
      },
      onRequest: (stream) => stream.ok(),
    },
    ...{ status: 'OK', requestLength: 200_000 },
  },
  {
    name: 'one stream at a time',
    server: { settings: [[setting.maxConcurrentStreams, 1]], onRequest: (stream) => stream.ok() },
    ...{ status: 'OK', calls: 20 },
  },
  {
    name: 'a small table for headers',
    server: { settings: [[setting.headerTableSize, 0]], onRequest: (stream) => stream.ok() },
    ...{ status: 'OK', calls: 3 },
  },
  {
    name: 'an answer before the request has been sent',
    server: {
      settings: [[setting.initialWindowSize, 10]],
      onHead: (stream) => stream.ok(),
      onData() {},
      onRequest() {},
    },
    // It waits until the request has been sent.
    ...{ status: 'OK', grpcJs: 'DEADLINE_EXCEEDED', requestLength: 1_000, deadline: '500ms' },
  },
  {
    name: 'a window that never opens',
    server: { settings: [[setting.initialWindowSize, 0]], onData() {}, onRequest() {} },
    ...{ status: 'DEADLINE_EXCEEDED', requestLength: 1_000, deadline: '200ms' },
  },
];

const broken = (name: string, breaks: (stream: RawStream) => void, status: string): EngineCase =>
  answers(name, status, breaks);

const leavingWith = (code: 2 | 11): EngineCase =>
  broken(
    `GOAWAY ${code}, and the connection is cut off`,
    ({ connection, id }) => {
      connection.goAway(id, code);
      connection.end();
    },
    'UNAVAILABLE',
  );

const faults: readonly EngineCase[] = [
  broken(
    'trailers in the middle',
    (stream) =>
      stream
        .headers(grpcHeaders)
        .data(emptyMessage)
        .headers([['x', '1']]),
    'INTERNAL',
  ),
  broken('an answer without :status', (stream) => stream.headers([['content-type', 'application/grpc']]), 'INTERNAL'),
  broken('a connection that is cut off', ({ connection }) => connection.destroy(), 'UNAVAILABLE'),
  broken('a connection that is ended', ({ connection }) => connection.end(), 'UNAVAILABLE'),
  leavingWith(2),
  // It cannot tell this from a stream that was reset with that code.
  { ...leavingWith(11), grpcJs: 'RESOURCE_EXHAUSTED' },
  {
    // Node's client takes what is beyond its bound for a breach of the protocol.
    grpcJs: 'INTERNAL',
    ...broken(
      'headers of 200 kB',
      (stream) => stream.headers([...grpcHeaders, ['x-long', 'x'.repeat(200_000)]]),
      'RESOURCE_EXHAUSTED',
    ),
  },
];

/** What all engines of gRPC have to agree on. */
export const engineCases: readonly EngineCase[] = [...statuses, ...notGrpc, ...resets, ...windows, ...faults];
