import { execFile } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Why packets to a pod cannot be dropped here; undefined: they can. Only in a network namespace of one's own. */
export async function whyNoBlackHole(): Promise<string | undefined> {
  const how =
    'Run it in a network namespace of its own: unshare -rn sh -c "ip link set lo up && evenkeel experiment sick-pod"';
  const [own, first] = await Promise.all(
    ['self', '1'].map((pid) => readlink(`/proc/${pid}/ns/net`).catch(() => undefined)),
  );
  if (own === undefined || own === first) return `Packets are dropped only where nobody else’s are. ${how}`;
  return iptables('-S', 'INPUT').then(
    () => undefined,
    () => 'There is no iptables that works here.',
  );
}

/** Loses every packet to an address; resolves with what ends that. */
export async function blackHole(address: string): Promise<() => Promise<void>> {
  const rule = ['INPUT', '-d', address, '-j', 'DROP'];
  await iptables('-A', ...rule);
  return async () => {
    await iptables('-D', ...rule);
  };
}

async function iptables(...args: string[]): Promise<void> {
  await promisify(execFile)('iptables', ['-w', ...args], { timeout: 10_000 });
}
