// What the probe says, held against what is known: a delay, a rate, and a server that stands still for a second.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildServer } from '../../interop/probe/build-server.ts';
import { startServer } from '../../interop/probe/start-server.ts';
import { readArguments } from '../../scripts/arguments.mjs';
import type { ProbeReport } from '../../src/probe/measure/report.ts';
import { pin } from './pin.ts';

const usage = `Usage: node bench/load/accuracy.ts [options]
Compares what the probe prints with what is known: a delay, a rate, and a server
that stands still for a second. Needs Go.
  --first  in real time, before all other programs (needs root)
Example:
  node bench/load/accuracy.ts --first`;

const { values } = readArguments(usage, {
  first: { type: 'boolean', default: false },
});
const main = resolve(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const binary = await buildServer();
const [program, ...flags] = pin(0, values.first);

async function probe(address: string, args: string, onStart: () => void = () => {}): Promise<ProbeReport> {
  const [command, ...before] = pin(1, values.first);
  const own = [process.execPath, main, 'probe', address, '--json', '--deadline', '5s', ...args.split(' ')];
  const child = spawn(command!, [...before, ...own], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (!stderr.includes('calling') && `${stderr}${text}`.includes('calling')) onStart();
    stderr += text;
  });
  await once(child, 'close');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ProbeReport;
}

console.log('| engine | rate | achieved | p50 without a delay | p50 with 20 ms | difference |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
for (const engine of ['channel', 'wire']) {
  const medians: number[] = [];
  let achieved = '';
  for (const wait of ['0s', '20ms']) {
    const server = await startServer(program!, [...flags, binary, '--delay', wait]);
    try {
      const report = await probe(server.address, `--engine ${engine} --rate 500 --duration 4s`);
      medians.push(report.latencyMs.p50!);
      achieved = `${((report.ratePerSecond.achieved / report.ratePerSecond.intended!) * 100).toFixed(2)} %`;
    } finally {
      await server.stop();
    }
  }
  const [none, some] = medians as [number, number];
  console.log(`| ${engine} | 500/s | ${achieved} | ${none} ms | ${some} ms | ${(some - none).toFixed(2)} ms |`);
}

/** From what one timer does in a second to about half of what the engine can do on one processor. */
const rates = { channel: [50, 500, 2000, 4000], wire: [50, 500, 5000, 20_000] } as const;
console.log('\n| engine | intended | achieved | off by | p50 | p99 |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
for (const [engine, wanted] of Object.entries(rates)) {
  const server = await startServer(program!, [...flags, binary]);
  try {
    for (const rate of wanted) {
      const report = await probe(server.address, `--engine ${engine} --rate ${rate} --duration 4s`);
      const { achieved, intended } = report.ratePerSecond;
      const off = Math.abs(achieved / intended! - 1) * 100;
      const { p50, p99 } = report.latencyMs;
      console.log(`| ${engine} | ${intended}/s | ${achieved}/s | ${off.toFixed(2)} % | ${p50} ms | ${p99} ms |`);
    }
  } finally {
    await server.stop();
  }
}

console.log('\n| load for 20 s, the server frozen for 1 s | calls | p50 | p99 | slowest |');
console.log('| --- | ---: | ---: | ---: | ---: |');
for (const [name, args] of [
  ['open loop, 100 calls/s', '--rate 100 --duration 20s'],
  ['closed loop, one caller', '--concurrency 1 --duration 20s'],
] as const) {
  const server = await startServer(program!, [...flags, binary]);
  // Not the shell that pinned it: taskset and chrt become the server.
  const freeze = async (): Promise<void> => {
    await delay(8000);
    process.kill(server.pid, 'SIGSTOP');
    await delay(1000);
    process.kill(server.pid, 'SIGCONT');
  };
  try {
    const { calls, latencyMs } = await probe(server.address, args, () => void freeze());
    console.log(
      `| ${name} | ${calls.toLocaleString('en')} | ${latencyMs.p50} ms | ${latencyMs.p99} ms | ${latencyMs.max} ms |`,
    );
  } finally {
    await server.stop();
  }
}
