// Feeds broken files and requests to the readers and the server, and prints how many there were and what became of them.
import { readArguments } from '../../scripts/arguments.mjs';
import { fuzzFiles } from './fuzz-files.ts';
import { fuzzRequests } from './fuzz-requests.ts';

const usage = `Usage: npm run fuzz -- [options]
Feeds broken files and requests to the readers and the server. Exit code 1 if
one of them broke something.
  --seed N      random seed (default: another one each time; it is printed)
  --files N     files (default 20000)
  --requests N  requests (default 50000)
Example:
  npm run fuzz -- --seed 7 --files 1000 --requests 1000`;

const { values } = readArguments(usage, {
  seed: { type: 'number', default: Date.now() % 1_000_000 },
  files: { type: 'number', default: 20000 },
  requests: { type: 'number', default: 50000 },
});
const { seed } = values;
const files = fuzzFiles(seed, values.files);
const requests = await fuzzRequests(seed, values.requests);
console.log(JSON.stringify({ seed, files, requests }, undefined, 2));
process.exitCode = files.broken.length + requests.broken.length > 0 ? 1 : 0;
