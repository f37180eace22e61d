// `node interop/first-start.ts [--away refused|unsynced] [--away-ms 20000] [--clients ID,…]` prints what clients see that
// start before their control plane does. Figures in docs/first-start.md come from here.
import { parseArgs } from 'node:util';
import { clientKinds } from './driver/clients.ts';
import { firstStart } from './driver/first-start.ts';
import { evenkeelServe } from './driver/serve.ts';

const { values } = parseArgs({
  options: {
    away: { type: 'string', default: 'refused' },
    'away-ms': { type: 'string', default: '20000' },
    'deadline-ms': { type: 'string', default: '90000' },
    clients: { type: 'string' },
  },
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
  awayMs: Number(values['away-ms']),
  waitingDeadlineMs: Number(values['deadline-ms']),
});
console.log(JSON.stringify(results, undefined, 2));
