import { isIP } from 'node:net';
import type { Attributes, SpanStart } from './tracer.ts';

/** Where a call came from or goes to; fields that are not known are left out. */
export interface Ends {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

/** Attributes of HTTP spans (OpenTelemetry semantic conventions, "HTTP spans"). */
export function httpServerSpan(request: {
  readonly method: string;
  readonly url: string;
  readonly route: string | undefined;
  readonly version: string;
  readonly host: string | undefined;
  readonly peer: Ends;
}): SpanStart {
  const { method, url, route, version, host, peer } = request;
  const [path = '/', query] = url.split('?', 2);
  return {
    name: route === undefined ? method : `${method} ${route}`,
    attributes: known({
      'http.request.method': method,
      'http.route': route,
      'url.scheme': 'http',
      'url.path': path,
      'url.query': query || undefined,
      'network.protocol.version': version,
      ...serverAttributes(split(host)),
      ...clientAttributes(peer),
      ...peerAttributes(peer),
    }),
  };
}

export function httpClientSpan(url: URL): SpanStart {
  return {
    name: 'GET',
    attributes: known({
      'http.request.method': 'GET',
      'url.full': url.href,
      ...serverAttributes({ address: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || 80 }),
    }),
  };
}

/** Attributes of RPC spans (OpenTelemetry semantic conventions, "RPC spans" and "gRPC"). */
export function grpcServerSpan(path: string, peer: string): SpanStart {
  const ends = split(peer);
  return {
    name: path.slice(1),
    attributes: known({ ...rpc(path), ...clientAttributes(ends), ...peerAttributes(ends) }),
  };
}

/** @param target - as gRPC takes it: `dns:///orders.shop:50051`, `xds:///orders.shop` */
export function grpcClientSpan(path: string, target: string): SpanStart {
  return {
    name: path.slice(1),
    attributes: known({ ...rpc(path), ...serverAttributes(split(target.replace(/^\w+:(\/\/[^/]*\/)?/, ''))) }),
  };
}

/**
 * `network.peer.…` of the connection that took the call; with a headless Service, or xDS, that is the pod.
 *
 * @param peer - `ADDRESS:PORT`; a name, which grpc-js gives where there was no connection, says nothing
 */
export function peerOf(peer: string | Ends): Attributes {
  const ends = typeof peer === 'string' ? split(peer) : peer;
  return isIP(ends.address ?? '') === 0 ? {} : known(peerAttributes(ends));
}

/** `HOST:PORT`, `[::1]:PORT` or a name alone. */
export function split(text: string | undefined): Ends {
  if (text === undefined || text === '') return {};
  if (isIP(text) === 6) return { address: text };
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text);
  if (match === null) return { address: text };
  return { address: match[1] ?? match[2], port: match[3] === undefined ? undefined : Number(match[3]) };
}

function rpc(path: string): Attributes {
  return { 'rpc.system.name': 'grpc', 'rpc.method': path.slice(1) };
}

type Loose = Record<string, string | number | boolean | undefined>;

const serverAttributes = ({ address, port }: Ends): Loose => ({ 'server.address': address, 'server.port': port });
const clientAttributes = ({ address, port }: Ends): Loose => ({ 'client.address': address, 'client.port': port });
const peerAttributes = ({ address, port }: Ends): Loose => ({
  'network.peer.address': address,
  'network.peer.port': port,
});

function known(attributes: Loose): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined),
  );
}
