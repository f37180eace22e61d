// Loads every module of dist once, so that Node writes its compile cache; whatever runs only when it is started is let be.
// A rehearsal has functions compiled that are else compiled when they are called for the first time.
import { readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = process.argv[2];
const starts = new Set(['cli/main.js', 'cli/program.js', 'cli/kubectl.js']);
// The page's own code is a browser's.
const modules = readdirSync(root, { recursive: true }).filter(
  (name) => name.endsWith('.js') && !name.startsWith('dashboard/page/') && !starts.has(name),
);

for (const name of modules) await import(pathToFileURL(join(root, name)).href);
const load = (name) => import(pathToFileURL(join(root, 'controlplane', name)).href);
const { rehearse } = await load('rehearsal.js');
const { rehearsedFile, rehearsedSlices } = await load('rehearsed-source.js');
const options = { version: '', clusterDomain: 'cluster.local', load: { reports: true, podLocalities: true } };
for (const source of [rehearsedFile(), rehearsedSlices()]) await rehearse(source, options, 60_000);
flushCompileCache();
console.log(`compiled ${modules.length} modules`);
process.exit();
