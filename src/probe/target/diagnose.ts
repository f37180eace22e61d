import { connect as connectTls } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import { connectWire } from '../load/wire/connect.ts';
import { speaksTls, whatIsNoHttp1 } from '../load/wire/first-bytes.ts';
import { encodeRequest } from '../load/wire/request.ts';
import { ConnectFailure, type Dial, type DialAddress, type DialLimits, dialWith, nameOfAddress } from './dial.ts';

/** More addresses than this are not looked at: they have the same reason in nearly every case. */
const mostAddresses = 8;

/** Makes no call. */
const noRequest = encodeRequest(Buffer.alloc(0), []);
const noOwner = { leaving() {}, ended() {}, unprocessed() {}, closed() {} };

/**
 * Why a channel does not become ready, found out by connecting without it: grpc-js keeps the reason to itself.
 *
 * @param isPlain - without TLS
 * @returns undefined where a connection can be made
 */
export async function diagnoseGrpc(
  dial: Dial,
  addresses: readonly DialAddress[],
  isPlain: boolean,
  limits: DialLimits,
): Promise<ConnectFailure | undefined> {
  const failures = await Promise.all(
    addresses.slice(0, mostAddresses).map(async (address) => {
      try {
        (await connectWire(dial, address, noRequest, noOwner, limits)).close();
        return undefined;
      } catch (thrown) {
        if (!(thrown instanceof ConnectFailure)) return new ConnectFailure(messageOf(thrown), false, thrown);
        const isTls = isPlain && thrown.isFinal && (await takesTls(address, limits));
        return isTls ? new ConnectFailure(speaksTls('--tls, --ca FILE'), true, thrown) : thrown;
      }
    }),
  );
  const [first] = failures;
  if (first === undefined || failures.includes(undefined)) return undefined;
  if (failures.length === 1) return first;
  const isFinal = failures.every((failure) => failure?.isFinal === true);
  return new ConnectFailure(`${nameOfAddress(addresses[0]!)}: ${first.message}`, isFinal, first);
}

/**
 * What a server speaks that gave no answer of HTTP/1.1 in plaintext.
 *
 * @returns undefined where that cannot be told
 */
export async function diagnoseHttp(address: DialAddress, limits: DialLimits): Promise<string | undefined> {
  const bytes = await firstBytes(address, limits);
  const told = bytes === undefined ? undefined : whatIsNoHttp1(bytes);
  if (told !== undefined || bytes !== undefined) return told;
  return (await takesTls(address, limits)) ? speaksTls('https://…') : undefined;
}

/** What a server says first. */
async function firstBytes(address: DialAddress, limits: DialLimits): Promise<Buffer | undefined> {
  const socket = await dialWith(undefined)(address, limits).catch(() => undefined);
  if (socket === undefined) return undefined;
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const end = (): void => resolve(undefined);
  const timer = setTimeout(end, limits.withinMs);
  limits.signal.addEventListener('abort', end, { once: true });
  socket.on('error', () => {});
  socket.once('close', end);
  socket.once('data', resolve);
  // Nothing that a server of HTTP/1.1 would do anything for.
  socket.write('OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    limits.signal.removeEventListener('abort', end);
    socket.destroy();
  }
}

/** Whether a server takes a handshake of TLS; some hang up on plaintext without a word. Nothing is sent that way. */
async function takesTls(address: DialAddress, limits: DialLimits): Promise<boolean> {
  const socket = await dialWith(undefined)(address, limits).catch(() => undefined);
  if (socket === undefined) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const end = (): void => resolve(false);
  const timer = setTimeout(end, limits.withinMs);
  limits.signal.addEventListener('abort', end, { once: true });
  socket.once('close', end);
  const secured = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
  secured.once('error', end);
  secured.once('secureConnect', () => resolve(true));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    limits.signal.removeEventListener('abort', end);
    secured.on('error', () => {});
    socket.destroy();
  }
}
