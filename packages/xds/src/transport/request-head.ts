import type { RequestHeaders } from '../grpc/transport.ts';
import type { HeaderField } from '../http2/hpack-decoder.ts';

const requestPseudoHeaders = new Set([':method', ':scheme', ':path', ':authority']);
/** RFC 9113, 8.2.2: they belong to HTTP/1.1. */
const connectionHeaders = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);
const nameForm = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/;
const valueForm = /^(?![ \t])[^\0\r\n]*(?<![ \t])$/;

/** A request's headers. */
export interface RequestHead {
  readonly headers: RequestHeaders;
  /** What the body has to be long; undefined where nothing is said. */
  readonly contentLength: number | undefined;
  /** Bytes of names and values. */
  readonly bytes: number;
}

/** The headers of a request, or what is wrong with them (RFC 9113, 8.2 and 8.3). */
export function readRequestHead(fields: readonly HeaderField[]): RequestHead | string {
  const headers: Record<string, string> = Object.create(null);
  let regular = false;
  let bytes = 0;
  for (const [name, value] of fields) {
    const wrong = faultOf(name, value);
    if (wrong !== undefined) return wrong;
    bytes += name.length + value.length;
    if (name.startsWith(':')) {
      if (regular) return `${name} after other headers`;
      if (!requestPseudoHeaders.has(name)) return `${name} in a request`;
      if (name in headers) return `${name} twice`;
    } else regular = true;
    headers[name] = name in headers ? `${headers[name]}${name === 'cookie' ? '; ' : ', '}${value}` : value;
  }
  for (const name of [':method', ':scheme', ':path']) if (!headers[name]) return `no ${name}`;
  const { 'content-length': length } = headers;
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return 'a content-length that is none';
  return { headers, contentLength: length === undefined ? undefined : Number(length), bytes };
}

/** What is wrong with trailers; undefined where nothing is. */
export function trailersFault(fields: readonly HeaderField[]): string | undefined {
  for (const [name, value] of fields) {
    if (name.startsWith(':')) return `${name} in trailers`;
    const wrong = faultOf(name, value);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function faultOf(name: string, value: string): string | undefined {
  if (!nameForm.test(name)) return 'a header name that is none';
  if (!valueForm.test(value)) return `a value of ${name} that is none`;
  if (connectionHeaders.has(name)) return `${name}, which belongs to HTTP/1.1`;
  return name === 'te' && value !== 'trailers' ? 'te other than trailers' : undefined;
}
