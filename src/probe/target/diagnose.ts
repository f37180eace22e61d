import { messageOf } from '../../base/errors.ts';
import { connectWire } from '../load/wire/connect.ts';
import { whatIsNoHttp1 } from '../load/wire/first-bytes.ts';
import { encodeRequest } from '../load/wire/request.ts';
import { ConnectFailure, type Dial, type DialAddress, nameOfAddress } from './dial.ts';

/** More addresses than this are not looked at: they have the same reason in nearly every case. */
const mostAddresses = 8;

/** Makes no call. */
const noRequest = encodeRequest(Buffer.alloc(0), []);
const noOwner = { leaving() {}, ended() {}, unprocessed() {}, closed() {} };

export interface Look {
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/**
 * Why a channel does not become ready, found out by connecting without it: grpc-js keeps the reason to itself.
 *
 * @returns undefined where a connection can be made
 */
export async function diagnoseGrpc(
  dial: Dial,
  addresses: readonly DialAddress[],
  limits: Look,
): Promise<ConnectFailure | undefined> {
  const failures = await Promise.all(
    addresses.slice(0, mostAddresses).map(async (address) => {
      try {
        (await connectWire(dial, address, noRequest, noOwner, limits)).close();
        return undefined;
      } catch (thrown) {
        return thrown instanceof ConnectFailure ? thrown : new ConnectFailure(messageOf(thrown), false, thrown);
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
 * What a server speaks whose answer is no HTTP/1.1.
 *
 * @returns undefined where that cannot be told
 */
export async function diagnoseHttp(dial: Dial, address: DialAddress, limits: Look): Promise<string | undefined> {
  const socket = await dial(address, limits).catch(() => undefined);
  if (socket === undefined) return undefined;
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const timer = setTimeout(() => resolve(undefined), limits.withinMs);
  const end = (): void => resolve(undefined);
  limits.signal.addEventListener('abort', end, { once: true });
  socket.on('error', () => {});
  socket.once('close', end);
  socket.once('data', (bytes: Buffer) => resolve(whatIsNoHttp1(bytes)));
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
