import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { defaultHttp2Limits, defaultLimits, defaultMemoryLimits } from '@evenkeel/xds';
import { constants, files, type Held, http2HeldBy, limitsHeldBy, sayings } from './bounds.ts';

const root = resolve(import.meta.dirname, '..');
const source = (path: string): string => readFileSync(join(root, path), 'utf8');

/** A link to a test, which is there. */
function heldBy([file, name]: Held): string {
  assert.ok(source(files[file]).includes(name), `${files[file]} has no test "${name}"`);
  return `[\`${name}\`](../${files[file]})`;
}

/** The table of fields of an interface, out of its own comments. */
function fieldRows(path: string, defaults: object, held: Readonly<Record<string, Held>>): string[] {
  const rows = [...source(path).matchAll(/ {2}\/\*\*([\s\S]*?)\*\/\n {2}readonly (\w+): (?:number|Rate);/g)].flatMap(
    ([, comment, name]) => {
      if (!(name! in defaults)) return [];
      const what = comment!
        .replace(/\n\s*\*/g, ' ')
        .replace(/ {2,}/g, ' ')
        .replace(/\s*Default [^.]*(?:\.\d+[^.]*)?\.\s*$/, '')
        .trim();
      const value = shown((defaults as Record<string, unknown>)[name!]);
      return [`| \`${name}\` | ${value} | ${what} | ${heldBy(held[name!]!)} |`];
    },
  );
  assert.equal(rows.length, Object.keys(defaults).length, `every limit in ${path} has a comment`);
  return rows;
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    const { burst, perSecond } = value as { burst: number; perSecond: number };
    return `${burst.toLocaleString('en')}, then ${perSecond.toLocaleString('en')} a second`;
  }
  return Number(value).toLocaleString('en');
}

/** What a caller and a pair of caller and pod take: measured, with the longest names and with calls in every count. */
const callerBytes = 3_072;
const cellBytes = 640;

/** What clients make the process hold at most, with 512 MiB: what they have an account for, and what is everybody's. */
function worstCase(): string[] {
  const { totalBytes } = defaultMemoryLimits({}, 512 * 1024 * 1024, Number.POSITIVE_INFINITY);
  const kept = constantOf('packages/xds/src/stream/response-encoder.ts', 'maxKeptBytes');
  const log = constantOf('src/base/log.ts', 'maxWaitingBytes');
  const tls = constantOf('packages/xds/src/transport/socket-connection.ts', 'tlsBytes');
  const idle = constantOf('packages/xds/src/transport/connection.ts', 'connectionBytes');
  const callers = constantOf('src/load/service-load.ts', 'maxCallersOfAll');
  const cells = constantOf('src/load/service-load.ts', 'maxCells');
  const load = callers * callerBytes + cells * cellBytes;
  const number = (value: number): string => value.toLocaleString('en');
  const worst = totalBytes + defaultLimits.requestBytes + kept + log + load;
  const [plain, secured] = [idle, idle + tls].map((bytes) =>
    Math.min(defaultLimits.sessions, Math.floor(totalBytes / bytes)),
  );
  return [
    `In one number: **${number(worst)} bytes of 512 MiB** are the most that clients of xDS make the process hold, which are these`,
    `${number(totalBytes)}, the last request that was read (${number(defaultLimits.requestBytes)}), the responses that are kept`,
    `(${number(kept)}), the lines of log that wait (${number(log)}), and with \`--load-reports\` (off by default) what reports come to`,
    `(${number(load)}: ${number(callers)} callers of ${number(callerBytes)} bytes and ${number(cells)} pairs of caller and pod of ${number(cellBytes)}, over all Service ports).`,
    'The rest of the limit is for the program, for what it knows of the cluster, and for what a collection of garbage has not freed yet. `packages/xds/src/memory/memory.test.ts` fills an account',
    'by every way at once to more than 99 % of its size, and sees that it never goes beyond; handshakes are charged to it as well',
    '(`src/controlplane/tls-listener.test.ts`), and so is what ejection remembers of each client (`src/controlplane/load-reports.test.ts`).',
    'Callers and pairs beyond their number are counted together (`src/load/load-store.test.ts`).',
    '',
    `A connection that is idle counts ${number(idle)} bytes, with TLS ${number(idle + tls)}: of 20,000 idle ones ${number(plain!)} may stay without TLS, and`,
    `${number(secured!)} with it, at 512 MiB. The oldest of them go for those that come.`,
  ];
}

/** The value of `const NAME = …` or of a default, where it is a product of numbers. */
function constantOf(path: string, name: string): number {
  const text = new RegExp(`const ${name}(?:: number)? = ([\\d_ *]+);`).exec(source(path))?.[1];
  assert.ok(text !== undefined, `${path} has no constant ${name}`);
  return text.split('*').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1);
}

function render(): string {
  return [
    '# Limits',
    '',
    'What one client, one file or one backend can make evenkeel hold or do is bounded. Whoever goes beyond a bound loses a stream,',
    'a connection or a change, with the reason, and is counted; everybody else is served as before.',
    '',
    '**All clients together make the process hold no more than 40 % of its memory limit**, that of its cgroup or else of the host:',
    `${defaultMemoryLimits({}, 512 * 1024 * 1024, Number.POSITIVE_INFINITY).totalBytes.toLocaleString('en')} bytes of 512 MiB (\`--xds-memory-bytes\`; no more than half of what V8 gives to objects). One`,
    'connection holds no more than a quarter of it. Beyond that the largest loses its connection, or where all are small one',
    'that is idle (`evenkeel_xds_faults_total{reason="memory"}`); `evenkeel_xds_memory_bytes` is what they hold now.',
    '',
    ...worstCase(),
    '',
    '## A client of xDS',
    '',
    'Option `limits` of `AdsServer`; `evenkeel serve` runs with the defaults, but for `sessions` where `--xds-max-connections` is given. A',
    'stream that goes beyond one of them ends with RESOURCE_EXHAUSTED and a message that names the bound',
    '(`evenkeel_xds_invalid_requests_total`).',
    '',
    '| bound | default | what it bounds | the test that holds it |',
    '| --- | --- | --- | --- |',
    ...fieldRows('packages/xds/src/limits.ts', defaultLimits, limitsHeldBy),
    '',
    'One response of a type is under way to a client at a time; what changes meanwhile is merged into the next one. A client that',
    'never reads therefore holds one response in memory, and the names that it asked for.',
    '',
    '## HTTP/2',
    '',
    'Option `http2` of `AdsServer`. Beyond them the connection is closed with ENHANCE_YOUR_CALM, unless something else is said.',
    '',
    '| bound | default | what it bounds | the test that holds it |',
    '| --- | --- | --- | --- |',
    ...fieldRows('packages/xds/src/transport/limits.ts', defaultHttp2Limits, http2HeldBy),
    '',
    '## Everything else',
    '',
    '| what it bounds | value | where | the test that holds it |',
    '| --- | --- | --- | --- |',
    ...constants.map(
      ([path, name, what, held]) =>
        `| ${what} | ${constantOf(path, name).toLocaleString('en')} | \`${path}\` \`${name}\` | ${heldBy(held)} |`,
    ),
    '',
    'Numbers of things in a configuration (services, gateways, rules) are bounded by its schema, `config.schema.json`. How endpoints',
    'that come and go are kept back stands in [health](../src/health/README.md).',
    '',
    '## What is said here, and what holds it',
    '',
    '| what is said | the test that holds it |',
    '| --- | --- |',
    ...sayings.map(([what, held]) => `| ${what} | ${heldBy(held)} |`),
    '',
    'Fuzz and soak, which try all this, are in [bench/hard](../bench/hard/README.md) and [bench/soak](../bench/soak/README.md).',
    '',
  ].join('\n');
}

test('docs/limits.md has every bound with the value that it has in the code', (t) => {
  t.assert.fileSnapshot(render(), join(root, 'docs', 'limits.md'), { serializers: [(text: string) => text] });
});
