import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { matrixClients } from './clients.ts';
import { features } from './features.ts';
import { type ClientsMatrix, measureClients } from './measure.ts';
import { clientsPage } from './page.ts';

const docs = resolve(import.meta.dirname, '..', '..', 'docs');
const recorded = JSON.parse(readFileSync(join(docs, 'clients-matrix.json'), 'utf8')) as ClientsMatrix;

test('docs/clients-matrix.md is what docs/clients-matrix.json says', () => {
  assert.equal(readFileSync(join(docs, 'clients-matrix.md'), 'utf8'), clientsPage(recorded));
});

test('docs/clients-matrix.json has every feature, measured as it is measured now', () => {
  assert.deepEqual(
    recorded.features,
    features.map(({ id, title, how }) => ({ id, title, how })),
  );
});

test('a few cells, live: grpc-js-xds does what the page says', { timeout: 300_000 }, async () => {
  const ids = ['priorities', 'health', 'locality-weights', 'pod-localities', 'delta'];
  const chosen = features.filter(({ id }) => ids.includes(id));
  const { cells } = await measureClients(
    matrixClients.filter(({ id }) => id === 'node'),
    chosen,
  );
  const verdicts = ({ cells }: Pick<ClientsMatrix, 'cells'>) =>
    cells
      .filter(({ client, feature }) => client === 'node' && ids.includes(feature))
      .map((cell) => [cell.feature, cell.verdict]);
  assert.deepEqual(verdicts({ cells }), verdicts(recorded));
});
