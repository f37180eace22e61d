import type { ClientsMatrix, FeatureCell } from './measure.ts';

const intro = `# Clients and features: measured

Which client does what with what xDS can ask of it. **Every cell was measured**: a real client of that version, an xDS server that
sends the feature and nothing else of note, real pods, and calls that were counted. Nothing here is copied from a list of features.
\`npm run clients-matrix\` measures anew and writes this page and [clients-matrix.json](clients-matrix.json), which says in
each cell what was seen. Retries are on in every client, and no experimental variable of a client is set.

- **yes**: the client honours it.
- **ignored**: it takes what it is sent, and calls go as if it were not there.
- *accepted*: it takes it, and what comes of it could not be seen.
- **rejected**: it says NACK.

Policies that a client may not know stand before \`round_robin\` in \`load_balancing_policy\`, as [evenkeel](xds.md) sends them: a client that
does not know one takes the next.
`;

/** The page: pure, so that a test can hold it to the JSON. */
export function clientsPage({ measuredOn, clients, features, cells }: ClientsMatrix): string {
  const of = (client: string, feature: string): FeatureCell | undefined =>
    cells.find((cell) => cell.client === client && cell.feature === feature);
  const row = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`;
  const table = [
    row(['feature', ...clients.map(({ name }) => name)]),
    row(['---', ...clients.map(() => '---')]),
    ...features.map(({ id, title }) => row([title, ...clients.map((client) => verdict(of(client.id, id)))])),
  ];
  const how = [
    row(['feature', 'how it is measured']),
    row(['---', '---']),
    ...features.map(({ title, how }) => row([title, how])),
  ];
  const rejections = cells.filter((cell) => cell.verdict === 'rejected' || cell.verdict === 'accepted');
  const nameOf = (client: string): string => clients.find(({ id }) => id === client)!.name;
  const titleOf = (feature: string): string => features.find(({ id }) => id === feature)!.title;
  const words = rejections.map(
    ({ client, feature, verdict, seen }) =>
      `- ${nameOf(client)}, ${titleOf(feature)}: ${verdict}, \`${seen.replaceAll('`', "'")}\``,
  );
  return [
    intro,
    `Measured on ${measuredOn}.\n`,
    ...table,
    ...(words.length === 0 ? [] : ['', 'In their own words:', '', ...words]),
    '\n## How\n',
    ...how,
    '',
  ].join('\n');
}

function verdict(cell: FeatureCell | undefined): string {
  if (cell === undefined) return '–';
  return cell.verdict === 'honoured' ? 'yes' : cell.verdict;
}
