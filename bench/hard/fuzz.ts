// Feeds broken files and requests to the readers and the server, and prints how many there were and what became of them.
import { parseArgs } from 'node:util';
import { fuzzFiles } from './fuzz-files.ts';
import { fuzzRequests } from './fuzz-requests.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    files: { type: 'string', default: '20000' },
    requests: { type: 'string', default: '50000' },
  },
});
const seed = Number(values.seed);
const files = fuzzFiles(seed, Number(values.files));
const requests = await fuzzRequests(seed, Number(values.requests));
console.log(JSON.stringify({ seed, files, requests }, undefined, 2));
process.exitCode = files.broken.length + requests.broken.length > 0 ? 1 : 0;
