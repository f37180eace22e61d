import type { ListenAddress } from '@evenkeel/xds';
import { EvenkeelError } from './errors.ts';

export type { ListenAddress };

/**
 * Parses `HOST:PORT`, `[IPV6]:PORT`, `:PORT` or `PORT`; without a host it is loopback, never every interface.
 *
 * @param field - the flag or config field that is named in the error
 * @throws EvenkeelError `EK_USAGE`
 */
export function parseListenAddress(text: string, field: string): ListenAddress {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^[\]:\s]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new EvenkeelError('EK_USAGE', `"${text}" is not an address to listen on`, {
      field,
      hint: 'Write HOST:PORT, for example 127.0.0.1:18000 or [::1]:18000, or only a port.',
    });
  }
  return { host: match[1] || match[2] || '127.0.0.1', port };
}

/** Whether only programs on this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(host);
}

/** `host:port`, an IPv6 host in brackets. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Takes apart what {@link formatAddress} has put together. */
export function splitAddress(address: string): ListenAddress {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/** Turns the system's EADDRINUSE and EACCES into ours; anything else passes through. */
export function listenError(cause: unknown, address: ListenAddress, field: string): unknown {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const where = formatAddress(address.host, address.port);
  if (code === 'EADDRINUSE') return new EvenkeelError('EK_PORT_IN_USE', `${where} is already in use`, { field, cause });
  if (code === 'EACCES') {
    return new EvenkeelError('EK_PORT_IN_USE', `this user may not listen on ${where}`, {
      field,
      cause,
      hint: 'Ports below 1024 need a privileged user; choose a higher one.',
    });
  }
  return cause;
}
