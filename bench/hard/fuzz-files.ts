import { z } from 'zod';
import { parseDocumentText } from '../../src/base/document.ts';
import { EvenkeelError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/controlplane/config.ts';
import { endpointsSchema } from '../../src/discovery/file/endpoints-schema.ts';
import { mutated } from './mutate.ts';
import { Random } from './random.ts';

/** What became of the inputs. */
export interface FileFigures {
  tried: number;
  /** Taken as a good file. */
  accepted: number;
  /** Refused with a stable code, by that code. */
  readonly refused: Record<string, number>;
  /** Anything else: a thrown thing that is no error of ours. */
  readonly broken: string[];
  /** Processor time of the input that took most. */
  slowestMs: number;
}

/** Reads a file of one kind. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  config: (text) => parseConfig(text, 'fuzz.yaml'),
  endpoints: (text) => parseDocumentText(text, endpointsSchema, 'fuzz.yaml'),
  anything: (text) => parseDocumentText(text, z.unknown(), 'fuzz.yaml'),
  // Called so, it has to be JSON, which is read more strictly and by a reader of its own.
  json: (text) => parseConfig(text, 'fuzz.json'),
};

const examples = [
  `apiVersion: evenkeel.dev/v1
kind: Endpoints
services:
  - name: be1-srv
    namespace: shop
    ports: [{ name: grpc, port: 50051, appProtocol: grpc }]
    endpoints:
      - { address: 10.0.0.7, pod: be1-7c4bfd74d-4btvw, zone: zone-a, weight: 3 }
      - { address: 'fd00::8', terminating: true, ready: false }
    healthCheck: { protocol: grpc, grpcService: echo.EchoServer }
`,
  `apiVersion: evenkeel.dev/v1
kind: Config
xds: { listen: "127.0.0.1:18000", tls: { cert: a.crt, key: a.key, ca: ca.crt, clients: [{ uri: "spiffe://a/{namespace}/**", namespaces: ["{namespace}"] }] } }
discovery: { dns: { servers: [10.96.0.10], maxIntervalMs: 2000 } }
services:
  - { name: be1-srv, grpcService: echo.EchoServer }
gateways:
  - { name: edge, listen: 0.0.0.0:8080, services: [default/be1-srv] }
`,
  '{"services":[{"serviceName":"be1-srv","namespace":"default","portName":"grpc","protocol":"tcp","grpcServiceName":"a.B"}]}',
  '{"apiVersion":"evenkeel.dev/v1","kind":"Endpoints","services":[{"name":"a","ports":[{"port":1}],"endpoints":[{"address":"10.0.0.1"}]}]}',
].map((text) => Buffer.from(text));

/** What YAML and its readers are known to stumble over. */
const tokens = [
  ...[
    '&a [',
    '*a',
    '<<: *a',
    '? ',
    '!!binary ',
    '!!js/function ',
    '!<tag:x> ',
    '%YAML 9.9\n',
    '---\n',
    '...\n',
    '\t',
    '\0',
  ],
  ...[
    '|+\n',
    '>-\n',
    '"\\x',
    "'",
    '{',
    '}',
    '[',
    ']',
    ': ',
    ',',
    '- ',
    '#',
    '~',
    '.inf',
    '-.nan',
    '0o777',
    '1e999',
    '-0',
  ],
  ...[
    '99999999999999999999',
    '2001-01-01T00:00:00Z',
    '__proto__: {polluted: true}',
    'constructor: {}',
    '\u2028',
    '\ufeff',
  ],
].map((text) => Buffer.from(text));
const badUtf8 = ['ff', 'c0af', 'eda080', 'f4908080', 'e2'].map((hex) => Buffer.from(hex, 'hex'));

/** Inputs that are built to take all memory, time or stack. */
function bombs(): string[] {
  const laughs = Array.from({ length: 12 }, (_, level) => {
    const below = level === 0 ? 'x' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array.from({ length: 10 }, () => below).join(', ')}]`;
  });
  const deep = 200_000;
  return [
    `${laughs.join('\n')}\n`,
    `a: &a { <<: *a }\n`,
    `a: &a [*a, *a]\n`,
    '['.repeat(deep),
    '['.repeat(deep) + ']'.repeat(deep),
    `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
    '- '.repeat(deep),
    'a:\n'.repeat(10) + Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    '? '.repeat(20_000),
    `services: ${'['.repeat(5_000)}`,
    `${'&a '.repeat(20_000)}1`,
    `key: "${'\\x41'.repeat(100_000)}"`,
    `${'k: 1\n'.repeat(20_000)}`,
    `x: ${'9'.repeat(1_000_000)}\n`,
    `${Array.from({ length: 20_000 }, (_, index) => `k${index}: &k${index} 1`).join('\n')}\n`,
    `a: &a x\nb: [${'*a, '.repeat(50_000)}]\n`,
    `{"apiVersion":"evenkeel.dev/v1","kind":"Endpoints","services":[${'{},'.repeat(100_000)}{}]}`,
  ];
}

/**
 * Lets both readers read inputs that are broken in all ways; counts what becomes of them.
 *
 * @param begin - told of each input before it is read
 */
export function fuzzFiles(
  seed: number,
  count: number,
  begin: (name: string, text: string) => void = () => {},
): FileFigures {
  const random = new Random(seed);
  const figures: FileFigures = { tried: 0, accepted: 0, refused: {}, broken: [], slowestMs: 0 };
  const read = (name: string, text: string, what: string): void => {
    begin(name, text);
    readOne(figures, name, text, what);
  };
  for (const bomb of bombs()) for (const name of Object.keys(readers)) read(name, bomb, `bomb ${bomb.slice(0, 40)}`);
  for (let number = 0; number < count; number++) {
    const bytes = mutated(examples, [...tokens, ...badUtf8], random);
    const name = random.pick(Object.keys(readers));
    read(name, bytes.toString('utf8'), `seed ${seed}, input ${number}`);
  }
  if (({} as { polluted?: unknown }).polluted !== undefined) figures.broken.push('a prototype was changed');
  return figures;
}

function readOne(figures: FileFigures, name: string, text: string, what: string): void {
  const started = process.cpuUsage();
  figures.tried += 1;
  try {
    readers[name]!(text);
    figures.accepted += 1;
  } catch (thrown) {
    if (thrown instanceof EvenkeelError && thrown.exitCode === 2) {
      figures.refused[thrown.code] = (figures.refused[thrown.code] ?? 0) + 1;
    } else figures.broken.push(`${name}, ${what}: ${String(thrown).slice(0, 200)}`);
  }
  const { user, system } = process.cpuUsage(started);
  figures.slowestMs = Math.max(figures.slowestMs, Math.round((user + system) / 1_000));
}
