/** The address of a peer without its port. */
export function peerHost(address: string): string {
  return address.slice(0, Math.max(address.lastIndexOf(':'), 0));
}
