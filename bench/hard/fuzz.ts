// Feeds broken files and requests to the readers and the server, and prints how many there were and what became of them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';
import { readArguments } from '../../scripts/arguments.mjs';
import { fuzzFiles } from './fuzz-files.ts';
import { fuzzRequests } from './fuzz-requests.ts';
import { Progress, watch } from './watchdog.ts';

const usage = `Usage: npm run fuzz -- [options]
Feeds broken files and requests to the readers and the server. Exit code 1 if
one of them broke something, or did not end; build/fuzz then has a file with
what did not.
  --seed N      random seed (default: another one each time; it is printed)
  --files N     files (default 20000)
  --requests N  requests (default 50000)
Example:
  npm run fuzz -- --seed 7 --files 1000 --requests 1000`;

interface Values {
  readonly seed: number;
  readonly files: number;
  readonly requests: number;
}

/** Lets a thread do it that can be ended. */
async function main(): Promise<void> {
  const { values } = readArguments(usage, {
    seed: { type: 'number', default: Date.now() % 1_000_000 },
    files: { type: 'number', default: 20000 },
    requests: { type: 'number', default: 50000 },
  });
  const folder = join(import.meta.dirname, '..', '..', 'build', 'fuzz');
  process.exitCode = await watch(import.meta.filename, values satisfies Values, {
    hung(name, input) {
      mkdirSync(folder, { recursive: true });
      const path = join(folder, `${name}-seed-${values.seed}`);
      writeFileSync(path, input);
      console.error(`${name}: an input did not end: ${path}`);
    },
  });
}

/** What the thread does. */
async function work(progress: Progress, { seed, files: fileCount, requests: requestCount }: Values): Promise<void> {
  const files = fuzzFiles(seed, fileCount, (name, text) => progress.begin(name, Buffer.from(text)));
  const requests = await fuzzRequests(seed, requestCount, (bytes) => progress.begin('requests', bytes));
  console.log(JSON.stringify({ seed, files, requests }, undefined, 2));
  process.exitCode = files.broken.length + requests.broken.length > 0 ? 1 : 0;
}

if (isMainThread) await main();
else await work(new Progress(workerData.progress), workerData.data);
