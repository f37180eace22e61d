// Prints what clients see that start before their control plane does. Figures in docs/first-start.md come from here.
import { readArguments } from '../scripts/arguments.mjs';
import { clientKinds } from './driver/clients.ts';
import { firstStart } from './driver/first-start.ts';
import { evenkeelServe } from './driver/serve.ts';

const usage = `Usage: node interop/first-start.ts [options]
  --away KIND       refused or unsynced: what the control plane does meanwhile
                    (default refused)
  --away-ms N       how long it is away (default 20000)
  --deadline-ms N   of each call (default 90000)
  --clients ID,…    some of these (default: all):
                    ${clientKinds.map(({ id }) => id).join(', ')}
Example:
  node interop/first-start.ts --away unsynced --away-ms 5000 --clients go,node`;

const { values } = readArguments(usage, {
  away: { type: 'string', default: 'refused' },
  'away-ms': { type: 'number', default: 20000 },
  'deadline-ms': { type: 'number', default: 90000 },
  clients: { type: 'string' },
});
const wanted = values.clients?.split(',');
const kinds = [];
for (const kind of clientKinds) {
  if (wanted !== undefined && !wanted.includes(kind.id)) continue;
  const reason = await kind.missing();
  if (reason === undefined) kinds.push(kind);
  else console.error(`${kind.id} skipped: ${reason}`);
}
const results = await firstStart({
  kinds,
  serve: evenkeelServe,
  away: values.away === 'unsynced' ? 'unsynced' : 'refused',
  awayMs: values['away-ms'],
  waitingDeadlineMs: values['deadline-ms'],
});
console.log(JSON.stringify(results, undefined, 2));
