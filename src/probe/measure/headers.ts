import { EvenkeelError } from '../../base/errors.ts';

/** What the HTTP client itself says of a message: given by hand they would contradict it (RFC 9110, 7.6.1; RFC 9112, 6). */
const ofTheConnection = new Set([
  ...['connection', 'content-length', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  'upgrade',
]);

/**
 * Reads `--header 'name: value'`, which may be repeated; the name in lower case. All values of a name are sent, in their order.
 *
 * Refused are names that the client sets itself and, of gRPC, those that it reserves (`grpc-`, PROTOCOL-HTTP2). Of gRPC the
 * value of a name that ends with `-bin` is base64, any other printable ASCII.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function parseHeaders(all: readonly string[], kind: 'grpc' | 'http'): (readonly [string, string])[] {
  const headers = all.map(parseHeader);
  for (const [name, value] of headers) {
    const why = kind === 'grpc' ? wrongInGrpc(name, value) : wrongInHttp(name, value);
    if (why !== undefined) throw refuse(`the header "${name}" cannot be sent: ${why.text}`, why.hint);
  }
  if (headers.filter(([name]) => name === 'host').length > 1) {
    throw refuse('the header "host" cannot be sent twice', 'Name the virtual host once, with --authority.');
  }
  return headers;
}

function parseHeader(text: string): readonly [string, string] {
  const match = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(.*?)[ \t]*$/s.exec(text);
  if (match === null) {
    const name = /^:?[^:]*/.exec(text)![0];
    throw refuse(
      `"${name.slice(0, 100)}" is no header`,
      text.startsWith(':')
        ? 'Names that begin with ":" are the protocol\'s own. The virtual host is named with --authority.'
        : "Write NAME: VALUE, for example --header 'x-request-id: abc'.",
    );
  }
  return [match[1]!.toLowerCase(), match[2]!];
}

interface Wrong {
  readonly text: string;
  readonly hint?: string | undefined;
}

function wrongInHttp(name: string, value: string): Wrong | undefined {
  if (ofTheConnection.has(name)) return { text: 'the client sets it itself' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) return { text: 'its value has a control character' };
  return undefined;
}

function wrongInGrpc(name: string, value: string): Wrong | undefined {
  if (ofTheConnection.has(name) || name === 'content-type' || name === 'user-agent') {
    return { text: 'the client sets it itself' };
  }
  if (name === 'host') return { text: 'gRPC has :authority', hint: 'Name the virtual host with --authority.' };
  if (name.startsWith('grpc-')) return { text: 'names that begin with "grpc-" are gRPC\'s own' };
  if (!/^[0-9a-z_.-]+$/.test(name)) return { text: 'gRPC names have letters, digits, "_", "." and "-"' };
  if (!name.endsWith('-bin')) {
    return /^[\x20-\x7e]*$/.test(value)
      ? undefined
      : { text: 'its value is not printable ASCII', hint: 'Bytes go as base64, under a name that ends with "-bin".' };
  }
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?$/.test(value)
    ? undefined
    : { text: 'its value is not base64, which a name that ends with "-bin" asks for' };
}

function refuse(message: string, hint?: string): EvenkeelError {
  return new EvenkeelError('EK_USAGE', message, { field: '--header', hint });
}
