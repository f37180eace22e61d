// Load generators beside one another: the same grpc-go server, the same call, one processor each.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { join, resolve } from 'node:path';
import { buildServer } from '../../interop/probe/build-server.ts';
import { startServer } from '../../interop/probe/start-server.ts';
import { readArguments } from '../../scripts/arguments.mjs';
import { pin } from './pin.ts';
import { type Measured, summarize, toMarkdown } from './result.ts';

const usage = `Usage: npm run bench:load -- [options]
Measures load generators beside one another: the same server, the same call, one
processor each. Needs Go, ghz and h2load.
  --rounds N   rounds (default 5)
  --seconds N  how long each runs in a round (default 5)
  --ghz FILE   which ghz (default: the one on PATH)
  --first      in real time, before all other programs (needs root)
  --out FILE   where the figures go (default build/bench/load.json)
Example:
  npm run bench:load -- --rounds 1 --seconds 2`;

const { values } = readArguments(usage, {
  rounds: { type: 'number', default: 5 },
  seconds: { type: 'number', default: 5 },
  ghz: { type: 'string', default: 'ghz' },
  first: { type: 'boolean', default: false },
  out: { type: 'string', default: resolve('build', 'bench', 'load.json') },
});
const [rounds, seconds] = [values.rounds, values.seconds];
const inFlight = 50;
const main = resolve(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const folder = resolve('build', 'bench');
mkdirSync(folder, { recursive: true });
const body = join(folder, 'empty-message');
writeFileSync(body, Buffer.alloc(5));

interface Generator {
  readonly name: string;
  readonly command: string;
  readonly args: (address: string) => string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Answered calls, and the time that they took in seconds. */
  readonly read: (output: string) => { readonly calls: number; readonly seconds: number };
}

const evenkeel = (engine: string): Generator => ({
  name: `evenkeel, engine ${engine}`,
  command: process.execPath,
  args: (address) =>
    `${main} probe ${address} --engine ${engine} --concurrency ${inFlight} --duration ${seconds}s --warmup 1s --json`.split(
      ' ',
    ),
  read(output) {
    const report = JSON.parse(output) as { calls: number; failed: number; warmupCalls: number; durationMs: number };
    if (report.failed > 0) throw new Error(`${report.failed} calls failed`);
    return { calls: report.calls, seconds: report.durationMs / 1000 };
  },
});

const generators: readonly Generator[] = [
  {
    name: 'ghz',
    command: values.ghz,
    args: (address) =>
      `--insecure --call grpc.health.v1.Health/Check -c ${inFlight} --connections 1 -z ${seconds + 1}s --duration-stop wait --format json ${address}`.split(
        ' ',
      ),
    env: { GOMAXPROCS: '1' },
    read(output) {
      const { count, total, statusCodeDistribution } = JSON.parse(output) as {
        count: number;
        total: number;
        statusCodeDistribution: Record<string, number>;
      };
      if (statusCodeDistribution.OK !== count) throw new Error(JSON.stringify(statusCodeDistribution));
      return { calls: count, seconds: total / 1e9 };
    },
  },
  {
    name: 'h2load',
    command: 'h2load',
    args: (address) => [
      ...`-c1 -m${inFlight} -t1 -D ${seconds} --warm-up-time=1 -d ${body}`.split(' '),
      ...['-H', 'content-type: application/grpc', '-H', 'te: trailers'],
      `http://${address}/grpc.health.v1.Health/Check`,
    ],
    read: (output) => ({ calls: Number(/requests: (\d+) total/.exec(output)?.[1]), seconds }),
  },
  evenkeel('wire'),
  evenkeel('channel'),
];

/** Runs a program on one processor; its output, and the processor time that it took. */
function run(
  { name, command, args, env }: Generator,
  address: string,
): Promise<{ output: string; cpuSeconds: number }> {
  const script = `TIMEFORMAT="%U %S"; time ${pin(1, values.first).join(' ')} "$0" "$@" 2>/dev/null`;
  return new Promise((done, fail) => {
    const child = spawn('bash', ['-c', script, command, ...args(address)], { env: { ...process.env, ...env } });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text;
      });
    }
    child.once('close', (code) => {
      if (code !== 0) return fail(new Error(`${name} ended with ${code}: ${said.stderr}`));
      const [user, system] = said.stderr.trim().split(/\s+/).map(Number);
      done({ output: said.stdout, cpuSeconds: user! + system! });
    });
  });
}

const binary = await buildServer();
if (!existsSync(binary)) throw new Error('the server could not be built');
const [program, ...flags] = pin(0, values.first);
const server = await startServer(program!, [...flags, binary]);
const measured: Measured[] = [];
try {
  for (let round = 1; round <= rounds; round += 1) {
    // In turn, so that what else the machine does meets all of them.
    for (const generator of generators) {
      const { output, cpuSeconds } = await run(generator, server.address);
      const { calls, seconds } = generator.read(output);
      // Programs also start and warm up; their processor time is shared by all calls of the run, one second more.
      const one = { generator: generator.name, perSecond: calls / seconds, cpuMicros: (cpuSeconds * 1e6) / calls };
      measured.push(one);
      console.error(
        `${round}/${rounds} ${one.generator}: ${Math.round(one.perSecond)} calls/s, ${one.cpuMicros.toFixed(1)} µs of processor time a call`,
      );
    }
  }
} finally {
  await server.stop();
}
const machine = `${type()} ${release()}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
writeFileSync(values.out, `${JSON.stringify({ machine, rounds, seconds, inFlight, measured }, undefined, 2)}\n`);
console.log(toMarkdown(summarize(measured)));
