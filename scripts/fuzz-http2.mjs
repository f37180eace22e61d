// Fuzzes the HTTP/2 of the xDS server for as long as somebody likes, guided by the code that has run.
import { basename, join } from 'node:path';
import { BlockCoverage } from '../packages/xds/src/testing/fuzz/coverage.ts';
import { fuzz } from '../packages/xds/src/testing/fuzz/fuzzer.ts';
import { corpusOf, readInputs, writeCrash, writeInputs } from '../packages/xds/src/testing/fuzz/inputs.ts';
import { isOurs, targets } from '../packages/xds/src/testing/fuzz/targets.ts';
import { readArguments, wrongArguments } from './arguments.mjs';

const usage = `Usage: npm run fuzz:http2 -- [options]
Fuzzes frames and header blocks of HTTP/2. Exit code 1 where one of them broke
something; build/fuzz then has a file with it.
  --minutes N   how long for each target (default: 0.5)
  --seed N      random seed (default: another one each time; it is printed)
  --keep        keep inputs that ran new code, in the corpus of the sources
  --input FILE  run the inputs of a file of build/fuzz once more, nothing else
Example:
  npm run fuzz:http2 -- --minutes 180 --keep`;

const { values } = readArguments(usage, {
  minutes: { type: 'number', default: 0.5 },
  seed: { type: 'number', default: Date.now() % 1_000_000 },
  keep: { type: 'boolean', default: false },
  input: { type: 'string' },
});

const crashes = join(import.meta.dirname, '..', 'build', 'fuzz');

function runAgain(file) {
  const name = basename(file).split('-')[0];
  const inputs = readInputs(file);
  if (targets[name] === undefined || inputs.length === 0) {
    wrongArguments(`no inputs of ${Object.keys(targets).join(' or ')}: ${file}`, usage);
  }
  for (const input of inputs) targets[name].run(input);
  console.log('nothing is broken');
}

async function run(name, target) {
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
    console.error(
      `${name} is broken: ${error}\nnpm run fuzz:http2 -- --input ${writeCrash(crashes, name, input, error)}`,
    );
    process.exitCode = 1;
  }
}

if (values.input !== undefined) runAgain(values.input);
else {
  console.log(`seed ${values.seed}`);
  for (const [name, target] of Object.entries(targets)) await run(name, target);
}
