import { isIP } from 'node:net';
import type { Report } from './problem.ts';

/** An IP literal and a port that can be dialled: Node and Java reject an assignment with host names. */
export function checkSocketAddress(
  report: Report,
  field: string,
  { address, port }: { readonly address: string; readonly port: number },
): void {
  if (isIP(address) === 0) throw report(`${field}.address`, `"${address}" is not an IP literal`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw report(`${field}.port_value`, `${port} is not a port`);
}
