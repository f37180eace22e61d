import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { EvenkeelError } from '../../base/errors.ts';
import { canonicalIp } from '../ip-address.ts';

const protocols = new Set(['http:', 'https:', 'socks5:', 'socks5h:']);

/**
 * The proxy through which an API server is reached, as client-go has it: `proxy-url` of the kubeconfig for everything, else
 * `HTTPS_PROXY` (`HTTP_PROXY` for a plain `http:` address) but for what `NO_PROXY` names; in small letters too. Pure.
 *
 * @param proxyUrl - of the kubeconfig
 * @returns undefined where it is reached directly
 * @throws EvenkeelError `EK_KUBE_CONFIG` for what is no URL of a proxy
 */
export function proxyOf(server: URL, proxyUrl: string | undefined, env: NodeJS.ProcessEnv): URL | undefined {
  if (proxyUrl !== undefined && proxyUrl !== '') return parseProxy(proxyUrl, 'proxy-url');
  const field = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = fromEnv(env, field);
  if (text === '' || isExempt(server, fromEnv(env, 'NO_PROXY'))) return undefined;
  return parseProxy(text, field);
}

/** The same for the official client, which takes it from the kubeconfig alone: a cluster with the proxy that leads there. */
export function withProxy<Cluster extends { readonly server: string; readonly proxyUrl?: string | undefined }>(
  cluster: Cluster,
  env: NodeJS.ProcessEnv,
): Cluster {
  if (!URL.canParse(cluster.server)) return cluster;
  const proxy = proxyOf(new URL(cluster.server), cluster.proxyUrl, env);
  return proxy === undefined ? cluster : { ...cluster, proxyUrl: proxy.href.replace(/^socks5:/, 'socks5h:') };
}

/** What may be shown of a proxy's address: no credentials. */
export function describeProxy({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

function fromEnv(env: NodeJS.ProcessEnv, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

/** `HOST[:PORT]` is an HTTP proxy. */
function parseProxy(text: string, field: string): URL {
  const url = text.includes('://') ? URL.parse(text) : URL.parse(`http://${text}`);
  if (url !== null && url.host !== '' && protocols.has(url.protocol)) return url;
  throw new EvenkeelError('EK_KUBE_CONFIG', `${field} is no URL of a proxy`, {
    field,
    hint: 'Write http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT, with USER:PASSWORD@ before HOST if needed.',
  });
}

/**
 * Whether `NO_PROXY` names this address, by the rules of Go's `golang.org/x/net/http/httpproxy`: names with those below
 * them, `.name` for those below alone, addresses, CIDR blocks, each perhaps with a port, and `*`. Loopback never has a proxy.
 */
function isExempt(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  const ip = canonicalIp(host);
  if (host === 'localhost' || ip === '::1' || ip?.startsWith('127.') === true) return true;
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry === '*' || (ip === undefined ? namesHost(entry, host, port) : namesIp(entry, ip, port)));
}

function namesIp(entry: string, ip: string, port: string): boolean {
  const block = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (block !== null) return isWithin(block[1]!, Number(block[2]), ip);
  const [host, wantedPort] = splitPort(entry);
  return canonicalIp(host) === ip && (wantedPort === undefined || wantedPort === port);
}

function isWithin(network: string, prefix: number, ip: string): boolean {
  const version = isIP(network);
  if (version === 0 || version !== isIP(ip) || prefix > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(ip, family);
}

function namesHost(entry: string, host: string, port: string): boolean {
  const [text, wantedPort] = splitPort(entry);
  const name = text.replace(/^\*\./, '.');
  if (name === '' || (wantedPort !== undefined && wantedPort !== port)) return false;
  if (name.startsWith('.')) return host.endsWith(name);
  const ascii = domainToASCII(name) || name;
  return host === ascii || host.endsWith(`.${ascii}`);
}

/** `HOST:PORT` or `[IPV6]:PORT`; an address with colons and without brackets has no port. */
function splitPort(entry: string): [host: string, port: string | undefined] {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d*)$/.exec(entry);
  return match === null ? [entry, undefined] : [match[1] ?? match[2] ?? '', match[3] || undefined];
}
