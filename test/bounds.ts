// Bounds of docs/limits.md, and the test that holds each of them.
import type { defaultHttp2Limits, defaultLimits } from '@evenkeel/xds';

/** Tests that hold bounds, by what is short for their files. */
export const files = {
  ackOrder: 'packages/xds/src/stream/sotw-acks.test.ts',
  acks: 'packages/xds/src/stream/acknowledgements.test.ts',
  access: 'packages/xds/src/server/access.test.ts',
  admin: 'src/controlplane/admin-server.test.ts',
  answers: 'src/controlplane/long-answers.test.ts',
  call: 'packages/xds/src/grpc/call.test.ts',
  clients: 'src/controlplane/client-row.test.ts',
  config: 'src/controlplane/config.test.ts',
  connection: 'packages/xds/src/transport/connection.test.ts',
  csds: 'packages/xds/src/client-status/client-status-service.test.ts',
  dns: 'src/discovery/dns/dns-client.test.ts',
  dnsDiscovery: 'src/discovery/dns/dns-discovery.test.ts',
  document: 'src/base/document.test.ts',
  encoder: 'packages/xds/src/stream/response-encoder.test.ts',
  feed: 'src/feed/feed.test.ts',
  floods: 'packages/xds/src/transport/floods.test.ts',
  handshakes: 'packages/xds/src/transport/handshake-turns.test.ts',
  health: 'packages/xds/src/server/health-service.test.ts',
  healthChecker: 'src/health/health-checker.test.ts',
  limits: 'packages/xds/src/server/limits.test.ts',
  live: 'src/controlplane/live-streams.test.ts',
  load: 'src/load/load-store.test.ts',
  loadReports: 'src/controlplane/load-reports.test.ts',
  log: 'src/base/log.test.ts',
  budget: 'packages/xds/src/memory/memory-budget.test.ts',
  memory: 'packages/xds/src/memory/memory.test.ts',
  memoryLimit: 'packages/xds/src/memory/memory-limit.test.ts',
  ordering: 'packages/xds/src/stream/ordering.test.ts',
  peerLog: 'src/controlplane/peer-log.test.ts',
  places: 'src/controlplane/connection-places.test.ts',
  probes: 'src/health/probes.test.ts',
  requests: 'packages/xds/src/stream/requests.test.ts',
  sessions: 'packages/xds/src/server/sessions.test.ts',
  singles: 'src/controlplane/single-requests.test.ts',
  slowReader: 'packages/xds/src/server/slow-reader.test.ts',
  srv: 'src/discovery/dns/resolve-srv.test.ts',
  tls: 'src/controlplane/tls-listener.test.ts',
  tlsMaterial: 'src/controlplane/tls-material.test.ts',
  turns: 'packages/xds/src/transport/reading-turns.test.ts',
  shares: 'packages/xds/src/transport/connection-shares.test.ts',
  queues: 'packages/xds/src/server/accept-queues.test.ts',
} as const;

export type Held = readonly [file: keyof typeof files, test: string];

const strings: Held = ['requests', 'every string has a bound of its own, and the text of a NACK is cut'];
const largeHeaders: Held = ['floods', 'a header list that is too large costs the stream'];
const endlessHeaders: Held = ['floods', 'a header block without end is not kept: in bytes, in frames, in empty frames'];
const controlFrames: Held = [
  'floods',
  'SETTINGS, PING, WINDOW_UPDATE, empty DATA, PRIORITY and unknown frames without end',
];

/** What the page says beside its bounds, and what holds it. */
export const sayings: readonly (readonly [what: string, held: Held])[] = [
  [
    '40 % of the memory limit, and no more than half of what V8 gives to objects',
    ['budget', 'the defaults are a share of the memory, and of what V8 gives'],
  ],
  [
    'The limit is that of the cgroup, or else of the host',
    ['memoryLimit', 'the limit of the cgroup where there is one, else what the host has'],
  ],
  [
    'All clients together hold no more than that; beyond it the largest loses its connection',
    ['memory', 'whatever clients send, they make it hold no more than the budget, and the largest goes'],
  ],
  [
    'One connection holds no more than a quarter',
    ['budget', 'a connection that goes beyond its own share goes, however little the others hold'],
  ],
  ['Where all are small an idle one goes', ['budget', 'where all are small, those that do nothing go first']],
  [
    'The account can be filled, and is never passed',
    ['memory', 'by every way at once the budget is used to its end, and never passed'],
  ],
  ['Handshakes are charged', ['tls', 'handshakes are charged while they last, and give way beyond the budget']],
  [
    'What ejection remembers of a client is charged',
    [
      'loadReports',
      'what is remembered of a client, to judge pods by it, is charged to its connection while it reports',
    ],
  ],
  [
    'Callers and pairs beyond their number are counted together',
    ['load', 'of all Services ten thousand callers and fifty thousand pairs are told apart, and what goes makes room'],
  ],
  [
    'One response of a type is under way at a time, and what changes meanwhile is merged',
    ['ackOrder', 'changes while a response waits for its ACK become one response'],
  ],
  [
    'A client that never reads keeps nobody from being served',
    ['slowReader', 'a client that does not read keeps nobody from being served, and gets the newest state later'],
  ],
];

/** What holds each field of `XdsLimits`. */
export const limitsHeldBy: Readonly<Record<keyof typeof defaultLimits, Held>> = {
  sessions: [
    'limits',
    'one that comes when all places are taken gets that of one that does nothing, and who has a stream keeps his',
  ],
  streamsPerSession: ['limits', 'streams beyond the limit of a connection wait or are refused'],
  requestBytes: ['call', 'a message beyond the limit is refused as soon as its length is known'],
  nodeBytes: ['limits', 'a node beyond the limit ends the stream, and the observer hears why'],
  namesPerStream: ['limits', 'names beyond the limit of a stream end it with RESOURCE_EXHAUSTED'],
  nameBytes: strings,
  stringBytes: strings,
  nackBytes: strings,
  nameBytesPerStream: ['limits', 'the bytes of the names are limited as well'],
  typesPerStream: ['limits', 'types beyond the limit of a stream end it'],
  responseBytes: ['limits', 'a large response is split where the protocol allows it'],
  sessionMemoryMb: ['limits', 'a server that is mounted has the bounds in the words of Node'],
  headerBytes: largeHeaders,
};

/** What holds each field of `Http2Limits`. */
export const http2HeldBy: Readonly<Record<keyof typeof defaultHttp2Limits, Held>> = {
  handshakeMs: ['connection', 'a client that says nothing is closed'],
  maxStreams: ['floods', 'streams beyond the limit are refused, each with its reason'],
  headerListBytes: largeHeaders,
  headerBlockBytes: endlessHeaders,
  continuations: endlessHeaders,
  waitingMessages: ['floods', 'messages that nobody reads'],
  waitingAnswerBytes: ['floods', 'answers that nobody reads'],
  requests: ['turns', 'requests beyond the rate are read later, and none is lost'],
  resets: ['floods', 'rapid reset (CVE-2023-44487): streams that are opened and reset'],
  pings: controlFrames,
  settings: controlFrames,
  windowUpdates: controlFrames,
  emptyFrames: controlFrames,
};

/** Bounds that stand as a constant in a file: where, what they are for, and what holds them. */
export const constants: readonly (readonly [path: string, name: string, what: string, held: Held])[] = [
  [
    'src/discovery/dns/resolve-srv.ts',
    'maxAddresses',
    'Addresses behind one SRV name; an answer with more is not used',
    ['srv', 'an answer with more addresses than a client could take is not used'],
  ],
  [
    'src/discovery/dns/dns-message.ts',
    'maxAliases',
    'Aliases that are followed one after another in DNS',
    ['dns', 'aliases that lead in a circle, within one answer or over several, are a failure'],
  ],
  [
    'src/discovery/dns/name.ts',
    'maxNumbers',
    'Port numbers that are remembered of one SRV name',
    ['dnsDiscovery', 'of ever new ports the first and those of now are remembered, and no more than sixteen'],
  ],
  [
    'packages/xds/src/stream/restricted-view.ts',
    'maxHidden',
    'Names kept of a stream that its client may not see; all are refused',
    ['access', 'asking for more names than are kept costs no memory'],
  ],
  [
    'packages/xds/src/stream/acknowledgements.ts',
    'maxUnanswered',
    'Responses of one type that are remembered until the client answers',
    ['acks', 'of a client that never answers the last 64 responses are remembered'],
  ],
  [
    'packages/xds/src/stream/requests.ts',
    'maxOtherFields',
    'Fields of a request beside those of names; one with more ends the stream with RESOURCE_EXHAUSTED',
    ['requests', 'a request with more fields than one has is RESOURCE_EXHAUSTED, wherever they are'],
  ],
  [
    'packages/xds/src/server/health-service.ts',
    'requestBytes',
    'Bytes of a request of `grpc.health.v1`',
    [
      'health',
      'a health check asks for a name and no more: a longer request is refused, and a watch is charged with its own',
    ],
  ],
  [
    'packages/xds/src/client-status/client-status-service.ts',
    'requestBytes',
    'Bytes of a request of `ClientStatusDiscoveryService`',
    ['csds', 'a question is a few matchers: a longer one is refused as soon as its length is known'],
  ],
  [
    'packages/xds/src/stream/type-state.ts',
    'maxHeldBack',
    'Removals that wait for a client to accept its listeners',
    ['ordering', 'what is held back is bounded'],
  ],
  [
    'packages/xds/src/stream/response-encoder.ts',
    'maxKept',
    'Encoded responses that are kept for the next stream',
    ['encoder', 'what is kept is bounded'],
  ],
  [
    'packages/xds/src/stream/response-encoder.ts',
    'maxKeptBytes',
    'Bytes of these',
    ['encoder', 'what is kept is bounded'],
  ],
  [
    'packages/xds/src/server/sessions.ts',
    'maxIdleIntervals',
    'Keepalive intervals (30 s) without a stream after which a connection has to go',
    ['sessions', 'a connection without a stream is asked to go after a while'],
  ],
  [
    'src/controlplane/tls-listener.ts',
    'handshakeTimeoutMs',
    'Time for a TLS handshake',
    ['tls', 'a handshake has a deadline, however busy its client is'],
  ],
  [
    'src/controlplane/tls-listener.ts',
    'handshakeBytes',
    'Bytes that one counts until it ends',
    ['tls', 'handshakes are charged while they last, and give way beyond the budget'],
  ],
  [
    'src/controlplane/connection-places.ts',
    'maxHandshakes',
    'TLS handshakes at once; one of the address that has the most goes',
    ['tls', 'there is a place for who comes, however many handshakes of others do not end'],
  ],
  [
    'src/controlplane/connection-places.ts',
    'filesForOthers',
    'Open files that are kept free of clients, where the system allows less than all places (`ulimit -n`)',
    ['places', 'connections end before the open files do'],
  ],
  [
    'src/controlplane/tls-material.ts',
    'maxBytes',
    'Bytes of a certificate, key or authorities file',
    ['tlsMaterial', 'a file that is too large for a certificate is refused by name'],
  ],
  [
    'src/controlplane/peer-log.ts',
    'linesPerMinute',
    'Lines of one kind about clients that are logged in a minute',
    [
      'peerLog',
      'lines of a kind are bounded in a minute, those about one address more tightly, and what is left out is counted',
    ],
  ],
  [
    'src/controlplane/peer-log.ts',
    'linesPerAddress',
    'Of these, lines about one address; all are counted',
    [
      'peerLog',
      'lines of a kind are bounded in a minute, those about one address more tightly, and what is left out is counted',
    ],
  ],
  [
    'src/controlplane/peer-log.ts',
    'textLength',
    'Characters of one text of a client in a line of the log',
    ['peerLog', 'a line is bounded in bytes, whatever a client sent, and its characters are harmless'],
  ],
  [
    'src/base/log.ts',
    'maxWaitingBytes',
    'Bytes of the log that wait to be written; further lines are lost, and counted',
    ['log', 'of a log that nobody reads a megabyte waits, and the lines beyond it are lost and counted'],
  ],
  [
    'src/controlplane/client-view.ts',
    'maxMissing',
    'Names that are shown of one client which asks for them in vain',
    ['clients', 'what a client asks for in vain is shown of the first twenty names'],
  ],
  [
    'src/controlplane/auth-rules.ts',
    'maxWildcards',
    'Wildcards in the pattern of a client rule',
    ['config', 'a pattern of a rule has at most four wildcards: more could take long to compare'],
  ],
  [
    'src/controlplane/admin-server.ts',
    'maxConnections',
    'Connections to the admin server; one that does nothing goes',
    ['admin', 'probes are answered while all other sockets are taken'],
  ],
  [
    'src/controlplane/single-requests.ts',
    'pieceBytes',
    'Bytes of these that are parsed at once; who asks again before he is answered loses the socket',
    ['singles', 'of requests in one write a few are parsed, and who asked loses the socket'],
  ],
  [
    'src/controlplane/long-answers.ts',
    'maxLongAnswers',
    'Answers of `/metrics`, `/config_dump`, `/clients`, `/explain` and `/load` that are under way; one more ends the one that has taken longest',
    ['answers', 'long answers are few: one more ends the one that has been under way longest'],
  ],
  [
    'src/controlplane/long-answers.ts',
    'answerTimeoutMs',
    'Time for reading one of these',
    ['answers', 'a long answer that is not read is given up after its time'],
  ],
  [
    'src/controlplane/live-streams.ts',
    'maxStreams',
    'Streams of events of `/load` and `/dashboard/` at once',
    ['live', 'sixteen at once, and one more when one has gone'],
  ],
  [
    'src/controlplane/live-streams.ts',
    'unreadTimeoutMs',
    'Time for reading an event of these',
    ['live', 'who does not read has one event in memory, and is ended after a while'],
  ],
  [
    'packages/xds/src/transport/event-loop.ts',
    'turnMs',
    'Milliseconds of a turn of the event loop for all clients',
    ['turns', 'however many want more, others wait for a few milliseconds, and all who want more get their turn'],
  ],
  [
    'packages/xds/src/transport/event-loop.ts',
    'acceptingTurnMs',
    'The same while connections are accepted',
    ['turns', 'while connections are accepted, turns are short'],
  ],
  [
    'packages/xds/src/transport/reading-turns.ts',
    'fewBytes',
    'Bytes at once of a client that does not pay for what the system did in its turn, five times a second',
    ['turns', 'who asks little does not pay for what the system did in its turn, five times a second at most'],
  ],
  [
    'packages/xds/src/transport/handshake-turns.ts',
    'beginPerTurn',
    'TLS handshakes that begin in such a turn, one address after the other',
    ['handshakes', 'a handshake begins when its client has sent something, two in a turn'],
  ],
  [
    'packages/xds/src/transport/connection-shares.ts',
    'sharePerSecond',
    'Connections that an address may open in a second while others, of other addresses, have waited for 10 ms; more are reset',
    ['shares', 'while connections wait an address has 50 of them in a second, and others are let in'],
  ],
  [
    'packages/xds/src/server/accept-queues.ts',
    'queueCount',
    'Queues of connections at a port, of which each turn of the event loop accepts one each',
    ['queues', 'a port has eight queues where the system can do that'],
  ],
  [
    'src/feed/feed.ts',
    'mostRows',
    'Rows that a page gets of what it shows',
    ['feed', 'a page gets no more rows than it can show, and is told how many there are'],
  ],
  [
    'src/feed/timeline.ts',
    'keptEvents',
    'Events that are kept of a Service port, for its page',
    ['feed', 'the time line is bounded, by port and as a whole'],
  ],
  [
    'src/feed/timeline.ts',
    'keptPorts',
    'Service ports that these are kept of',
    ['feed', 'of too many ports the one that has been quiet longest is forgotten'],
  ],
  [
    'src/base/document.ts',
    'maxDocumentBytes',
    'Bytes of a configuration or endpoint file',
    ['document', 'inputs that are built to take time, memory or stack are refused'],
  ],
  [
    'src/base/document.ts',
    'maxAnchors',
    'Anchors in a YAML file',
    ['document', 'inputs that are built to take time, memory or stack are refused'],
  ],
  [
    'src/health/grpc-probe.ts',
    'maxAnswerBytes',
    'Bytes of the answer to a health check',
    ['probes', 'an answer without end is cut off'],
  ],
  [
    'src/health/health-checker.ts',
    'defaultMaxInFlight',
    'Health checks at once',
    ['healthChecker', 'no more checks than allowed are in flight, and all have their turn'],
  ],
];
