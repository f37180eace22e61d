import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { EvenkeelError } from '../base/errors.ts';

/** Held on the first address of a range for as long as the lab lives; nothing is ever served there. */
const lockPort = 18_002;

/** 127.0 is what everybody else uses. */
const firstRange = 30;
const lastRange = 254;

/** Where in a range things are: everything of one lab is below one `127.A`. */
export const dnsHost = '0.10';
export const serviceAddresses = { first: '200.1', count: 50 * 254 };
/** As many pods as there may be aliases to make by hand on macOS, and thousands where all of 127/8 exists. */
export const podAddresses = { first: '1.1', count: process.platform === 'darwin' ? 64 : 190 * 254 };

/** A part of loopback that belongs to one lab. */
export interface AddressRange {
  /** `127.30` */
  readonly prefix: string;
  release(): Promise<void>;
}

/**
 * Takes the first free `127.A.0.0/16`. Two labs never share one: binding a socket is something only one can do.
 *
 * @throws EvenkeelError `EK_LAB_ADDRESS`
 */
export async function claimAddressRange(): Promise<AddressRange> {
  for (let range = firstRange; range <= lastRange; range++) {
    const prefix = `127.${range}`;
    const lock = createServer((socket) => socket.destroy());
    try {
      lock.listen({ host: `${prefix}.0.1`, port: lockPort });
      await once(lock, 'listening');
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE') continue;
      throw code === 'EADDRNOTAVAIL' ? missingAddresses(prefix, cause) : cause;
    }
    const rest = [`${prefix}.${dnsHost}`, `${prefix}.${serviceAddresses.first}`, `${prefix}.${podAddresses.first}`];
    const missing = (await Promise.all(rest.map(exists))).find((cause) => cause !== undefined);
    if (missing !== undefined) {
      await close(lock);
      throw missingAddresses(prefix, missing);
    }
    return { prefix, release: () => close(lock) };
  }
  throw new EvenkeelError('EK_LAB_ADDRESS', `no range from 127.${firstRange} to 127.${lastRange} is free`, {
    hint: `Every 127.A.0.1:${lockPort} is taken: end other labs (evenkeel lab ps), or the program that listens on port ${lockPort} of every address.`,
  });
}

/** What is to be done where only 127.0.0.1 exists, as on macOS. */
export function missingAddresses(prefix: string, cause: unknown): EvenkeelError {
  const hint = [
    'This system has only the loopback addresses that it was told of (macOS). Add those of one lab, until the next restart:',
    `  for a in 0.1 ${dnsHost} 200.{1..16} 1.{1..64}; do sudo ifconfig lo0 alias ${prefix}.$a up; done`,
    'and take them away again with:',
    `  for a in 0.1 ${dnsHost} 200.{1..16} 1.{1..64}; do sudo ifconfig lo0 -alias ${prefix}.$a; done`,
  ].join('\n  ');
  return new EvenkeelError('EK_LAB_ADDRESS', `the loopback addresses ${prefix}.x.y do not exist here`, { hint, cause });
}

/** Hands out the addresses of one part in turn: one that was given back comes up again as late as possible. */
export class AddressPool {
  readonly #prefix: string;
  readonly #offset: number;
  readonly #count: number;
  readonly #taken = new Set<number>();
  #next = 0;

  constructor(prefix: string, { first, count }: { first: string; count: number }) {
    this.#prefix = prefix;
    this.#offset = Number(first.split('.')[0]);
    this.#count = count;
  }

  /** @throws EvenkeelError `EK_LAB_ADDRESS` when all are taken */
  take(): string {
    for (let tried = 0; tried < this.#count; tried++) {
      const index = (this.#next + tried) % this.#count;
      if (this.#taken.has(index)) continue;
      this.#taken.add(index);
      this.#next = index + 1;
      return `${this.#prefix}.${this.#offset + Math.floor(index / 254)}.${(index % 254) + 1}`;
    }
    throw new EvenkeelError('EK_LAB_ADDRESS', `all ${this.#count} addresses of this kind are taken`, {
      hint: 'Scale something down, or start another lab.',
    });
  }

  giveBack(address: string): void {
    const [, , high, low] = address.split('.').map(Number);
    this.#taken.delete((high! - this.#offset) * 254 + low! - 1);
  }
}

/** @returns the system's error if the address does not exist */
async function exists(host: string): Promise<unknown> {
  const server = createServer();
  try {
    server.listen({ host, port: 0 });
    await once(server, 'listening');
    await close(server);
    return undefined;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL' ? cause : undefined;
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}
