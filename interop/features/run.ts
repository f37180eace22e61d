// `npm run clients-matrix`: measures clients × features and writes docs/clients-matrix.md; `-- --help` lists the options.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { installed, matrixClients } from './clients.ts';
import { features } from './features.ts';
import { type ClientsMatrix, measureClients } from './measure.ts';
import { clientsPage } from './page.ts';

const usage = `Usage: npm run clients-matrix -- [--clients ID,…] [--features ID,…] [--json]
Measures what each client does with each feature of xDS, and writes
docs/clients-matrix.json and docs/clients-matrix.md; what is not measured anew
stays as it was. Clients that are not installed are left out, with a line that
says how to install them.
  --clients   some of these (default: all):
              ${matrixClients.map(({ id }) => id).join(', ')}
  --features  some of these (default: all):
${features.map(({ id }) => `              ${id}\n`).join('')}  --json      print what was measured, and write nothing
Example:
  npm run clients-matrix -- --clients node --features lrs,priorities --json`;

/** Those of `all` that were asked for; ends the program over a name that there is not. */
function chosen<T extends { readonly id: string }>(all: readonly T[], ids: string | undefined, option: string): T[] {
  const wanted = ids?.split(',') ?? all.map(({ id }) => id);
  const unknown = wanted.filter((id) => !all.some((one) => one.id === id));
  if (unknown.length > 0) wrongArguments(`${option}: there is no ${unknown.join(', ')}`, usage);
  return all.filter(({ id }) => wanted.includes(id));
}

const { values } = readArguments(usage, {
  clients: { type: 'string' },
  features: { type: 'string' },
  json: { type: 'boolean', default: false },
});
const wanted = chosen(matrixClients, values.clients, '--clients');
const clients = installed(wanted);
for (const { id, install } of wanted) {
  if (!clients.some((client) => client.id === id)) console.error(`${id}: skipped, not installed: ${install}`);
}
const measured = await measureClients(clients, chosen(features, values.features, '--features'), (line) =>
  console.error(line),
);
if (values.json) console.log(JSON.stringify(measured, undefined, 2));
else {
  const docs = fileURLToPath(new URL('../../docs', import.meta.url));
  const file = join(docs, 'clients-matrix.json');
  const whole = merged(JSON.parse(readFileSync(file, 'utf8')) as ClientsMatrix, measured);
  writeFileSync(file, `${JSON.stringify(whole, undefined, 2)}\n`);
  writeFileSync(join(docs, 'clients-matrix.md'), clientsPage(whole));
  console.log(clientsPage(whole));
}

/** What was measured now, over what was measured before. */
function merged(before: ClientsMatrix, now: ClientsMatrix): ClientsMatrix {
  const key = ({ client, feature }: ClientsMatrix['cells'][number]): string => `${client} ${feature}`;
  const cells = new Map([...before.cells, ...now.cells].map((cell) => [key(cell), cell]));
  const names = new Map([...before.clients, ...now.clients].map(({ id, name }) => [id, name]));
  const known = matrixClients.filter(({ id }) => names.has(id));
  return {
    ...now,
    clients: known.map(({ id }) => ({ id, name: names.get(id)! })),
    features: features.map(({ id, title, how }) => ({ id, title, how })),
    cells: known.flatMap(({ id }) => features.flatMap((feature) => cells.get(`${id} ${feature.id}`) ?? [])),
  };
}
