import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AdsTestClient, typeUrls } from '@evenkeel/xds';
import { messageOf } from '../base/errors.ts';
import { formatAddress, splitAddress } from '../base/listen-address.ts';
import type { ClientTlsFiles } from '../bootstrap/client-tls.ts';
import { checkTimes } from './check-certificates.ts';
import { type Diagnosis, diagnosesOf } from './diagnosis.ts';

const timeoutMs = 3_000;
const { fault, ok } = diagnosesOf('server');

/**
 * Goes the way of a client to its control plane: the name, the port, TLS, and a stream.
 *
 * @param server - `HOST:PORT`
 * @param tls - undefined: without
 * @param resolve - default: the system's resolver, as C-core and grpc-js use it
 */
export async function checkServer(
  server: string,
  tls: ClientTlsFiles | undefined,
  resolve = (host: string) => lookup(host, { all: true }),
): Promise<Diagnosis[]> {
  const { host, port } = splitAddress(server);
  let addresses: string[];
  try {
    addresses = (await resolve(host)).map(({ address }) => address);
  } catch (error) {
    return [
      fault(`DNS does not know ${host}: ${messageOf(error)}`, 'Correct the name, or look at the DNS of this host.'),
    ];
  }
  const found = await Promise.all(addresses.slice(0, 8).map((address) => checkAddress(server, address, port, tls)));
  return found.flat();
}

async function checkAddress(
  server: string,
  address: string,
  port: number,
  tls: ClientTlsFiles | undefined,
): Promise<Diagnosis[]> {
  const where = formatAddress(address, port);
  const name = where === server ? server : `${server} (${where})`;
  const reached = await reach(address, port);
  if (reached !== undefined) {
    const action = 'Look at the address, at firewalls and network policies, and whether the control plane runs.';
    return [fault(`${name} cannot be connected to: ${reached}`, action)];
  }
  return tls === undefined ? [await askStream(name, `http://${where}`)] : handshake(name, server, address, port, tls);
}

/** Why no connection can be made; undefined: it can. */
function reach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(timeoutMs, () => end(`no answer within ${timeoutMs / 1_000} s`));
    socket.on('connect', () => end(undefined)).on('error', (error) => end(messageOf(error)));
  });
}

/** Whether what is there is a control plane that accepts streams. */
async function askStream(name: string, url: string): Promise<Diagnosis> {
  const ended = Promise.withResolvers<string>();
  const timer = setTimeout(() => ended.resolve(`no answer within ${timeoutMs / 1_000} s`), timeoutMs);
  let client: AdsTestClient | undefined;
  try {
    const problem = await Promise.race([
      (async () => {
        client = await AdsTestClient.connect(url, { node: { id: 'evenkeel-doctor' } });
        const stream = client.sotw();
        // Nothing of this name is served, and the answer says so.
        stream.request(typeUrls.cluster, ['evenkeel-doctor']);
        return Promise.race([
          stream.response(typeUrls.cluster).then(() => undefined),
          stream.ended.then(({ code, message }) => `it ended the stream with status ${code}: ${message}`),
        ]);
      })(),
      ended.promise,
    ]);
    if (problem === undefined) return ok(`${name} accepts clients`);
    return fault(`${name} does not serve xDS: ${problem}`, 'Look at /readyz of the control plane; with TLS say --tls.');
  } catch (error) {
    return fault(`${name} does not serve xDS: ${messageOf(error)}`, 'Look at /readyz; with TLS say --tls-ca FILE.');
  } finally {
    clearTimeout(timer);
    await client?.close().catch(() => {});
  }
}

/** Whether both sides agree on TLS, and for how long. */
async function handshake(
  name: string,
  server: string,
  host: string,
  port: number,
  { ca, cert, key }: ClientTlsFiles,
): Promise<Diagnosis[]> {
  const servername = splitAddress(server).host;
  let socket: TLSSocket | undefined;
  try {
    const [authorities, own, ownKey] = await Promise.all([ca, cert, key].map((file) => file && readFile(file)));
    const options = { ca: authorities || undefined, cert: own || undefined, key: ownKey || undefined };
    const isName = !/^[\d.]+$|:/.test(servername);
    socket = connectTls({ host, port, ...options, ALPNProtocols: ['h2'], ...(isName ? { servername } : {}) });
    const open = socket;
    await new Promise<void>((resolve, reject) => {
      open.setTimeout(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs / 1_000} s`)));
      open.once('secureConnect', resolve).once('error', reject);
    });
    const certificate = open.getPeerX509Certificate();
    const times = certificate === undefined ? [] : [checkTimes(certificate, `of ${name}`, Date.now())];
    if (open.alpnProtocol !== 'h2') return [...times, fault(`${name} has TLS and does not speak HTTP/2`)];
    return [...times, ok(`${name} has TLS, and its certificate is that of an authority`)];
  } catch (error) {
    return [
      fault(`${name}: TLS fails: ${messageOf(error)}`, 'Compare its certificate with the authorities (docs/tls.md).'),
    ];
  } finally {
    socket?.destroy();
  }
}
