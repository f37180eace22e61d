// Loads every module of dist once, so that Node writes its compile cache; whatever runs only when it is started is let be.
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
flushCompileCache();
console.log(`compiled ${modules.length} modules`);
process.exit();
