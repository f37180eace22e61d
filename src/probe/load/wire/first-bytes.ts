const shownCharacters = 80;

/**
 * What a server speaks that answers with this instead of HTTP/2; undefined: nothing speaks against HTTP/2.
 *
 * @param bytes - the first that came
 */
export function whatIsNoHttp2(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1', 0, shownCharacters);
  if (text.startsWith('HTTP/1')) {
    const line = text.split(/\r?\n/, 1)[0]!;
    return `the server speaks HTTP/1 and not HTTP/2, which gRPC needs: it answered ${JSON.stringify(line)}`;
  }
  if (isTls(bytes)) return speaksTls('--tls, --ca FILE');
  return bytes.length < 4 || isSettings(bytes)
    ? undefined
    : `the server speaks no HTTP/2: it answered ${JSON.stringify(text)}`;
}

/** The same for HTTP/1.1. */
export function whatIsNoHttp1(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1', 0, shownCharacters);
  if (text.startsWith('HTTP/1')) return undefined;
  if (isTls(bytes)) return speaksTls('https://…');
  if (isSettings(bytes)) return 'the server speaks HTTP/2 alone, and was called by HTTP/1.1';
  return `the server speaks no HTTP: it answered ${JSON.stringify(text)}`;
}

/** @param remedy - how to call it by TLS */
export function speaksTls(remedy: string): string {
  return `the server speaks TLS, and was called in plaintext (${remedy})`;
}

/** A record of TLS 1.x: an alert (21) or a handshake (22), version 3.x. */
function isTls(bytes: Buffer): boolean {
  return (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03;
}

/** The frame that comes first on every connection of HTTP/2 (RFC 9113, 3.4). */
function isSettings(bytes: Buffer): boolean {
  return bytes[3] === 4;
}
