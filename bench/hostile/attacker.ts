// A process that attacks a server of run.ts on loopback: PORT ATTACK ATTACKERS SECONDS.
import { attacks } from './attacks.ts';
import { useSources } from './raw-connection.ts';

const [port, name, attackers, seconds] = process.argv.slice(2);
const attack = attacks[name ?? ''];
if (attack === undefined) throw new Error(`unknown attack "${name}"`);
useSources(Number(attackers));
const end = performance.now() + Number(seconds) * 1_000;
const target = { port: Number(port), over: () => performance.now() >= end };
// Whatever an attack forgets to end, this ends.
setTimeout(() => process.exit(0), Number(seconds) * 1_000 + 500);
await Promise.all(Array.from({ length: Number(attackers) }, () => attack.run(target)));
process.exit(0);
