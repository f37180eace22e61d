// Fuzzes the HTTP/2 of the xDS server for as long as somebody likes, guided by the code that has run.
import { basename, join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';
import { Progress, watch } from '../bench/hard/watchdog.ts';
import { BlockCoverage } from '../packages/xds/src/testing/fuzz/coverage.ts';
import { fuzz } from '../packages/xds/src/testing/fuzz/fuzzer.ts';
import { corpusOf, readInputs, writeCrash, writeInputs } from '../packages/xds/src/testing/fuzz/inputs.ts';
import { isOurs, targets } from '../packages/xds/src/testing/fuzz/targets.ts';
import { readArguments, wrongArguments } from './arguments.mjs';

const usage = `Usage: npm run fuzz:http2 -- [options]
Fuzzes frames and header blocks of HTTP/2. Exit code 1 where one of them broke
something, or did not end; build/fuzz then has a file with it.
  --minutes N   how long for each target (default: 0.5)
  --seed N      random seed (default: another one each time; it is printed)
  --keep        keep inputs that ran new code, in the corpus of the sources
  --input FILE  run the inputs of a file of build/fuzz once more, nothing else
Example:
  npm run fuzz:http2 -- --minutes 180 --keep`;

const options = {
  minutes: { type: 'number', default: 0.5 },
  seed: { type: 'number', default: Date.now() % 1_000_000 },
  keep: { type: 'boolean', default: false },
  input: { type: 'string' },
};

const crashes = join(import.meta.dirname, '..', 'build', 'fuzz');

/** The target whose name a file of build/fuzz begins with. */
const targetOf = (file) => basename(file).split('-')[0];

function tell(name, input, error) {
  console.error(
    `${name} is broken: ${error}\nnpm run fuzz:http2 -- --input ${writeCrash(crashes, name, input, error)}`,
  );
}

/** Looks at what is asked for, and lets a thread do it that can be ended. */
async function main() {
  const { values } = readArguments(usage, options);
  const { input } = values;
  if (input !== undefined && (targets[targetOf(input)] === undefined || readInputs(input).length === 0)) {
    wrongArguments(`no inputs of ${Object.keys(targets).join(' or ')}: ${input}`, usage);
  }
  const hung = (name, bytes) => tell(name, bytes, 'it did not end');
  process.exitCode = await watch(import.meta.filename, values, { hung });
}

/** What the thread does. */
async function work({ progress: shared, data: values }) {
  const progress = new Progress(shared);
  const watched = Object.entries(targets).map(([name, target]) => {
    const run = (input) => {
      progress.begin(name, input);
      target.run(input);
    };
    return [name, { ...target, run }];
  });
  if (values.input !== undefined) {
    const [, target] = watched.find(([name]) => name === targetOf(values.input));
    for (const input of readInputs(values.input)) target.run(input);
    console.log('nothing is broken');
    return;
  }
  console.log(`seed ${values.seed}`);
  for (const [name, target] of watched) await run(name, target, values);
}

async function run(name, target, values) {
  const corpus = readInputs(corpusOf(name));
  const coverage = new BlockCoverage(isOurs);
  const end = performance.now() + values.minutes * 60_000;
  let inputs = 0;
  const broken = await fuzz(target, coverage, corpus, values.seed, (tried) => {
    inputs = tried;
    return performance.now() >= end;
  });
  coverage.stop();
  if (values.keep) writeInputs(corpusOf(name), corpus);
  console.log(`${name}: ${inputs} inputs, ${corpus.length} kept, ${coverage.characters} characters of code have run`);
  for (const { input, error } of broken) {
    tell(name, input, error);
    process.exitCode = 1;
  }
}

if (isMainThread) await main();
else await work(workerData);
