/** RFC 1035, section 4.1.1. */
const headerBytes = 12;
const dataBytes: ReadonlyMap<number, number> = new Map([
  [1, 4], // A
  [28, 16], // AAAA
]);

/**
 * Whether every record of a DNS message is as long as it says, and all that are announced are there. Bytes behind the
 * last one are no harm (RFC 1035 has no end mark).
 *
 * dns-packet takes four bytes for an A record whatever its RDLENGTH is, and reads on in the wrong place.
 */
export function isWhole(message: Buffer): boolean {
  if (message.length < headerBytes) return false;
  const [questions, ...records] = [4, 6, 8, 10].map((offset) => message.readUInt16BE(offset)) as [number, ...number[]];
  let offset: number | undefined = headerBytes;
  for (let count = 0; count < questions; count++) {
    offset = afterName(message, offset);
    if (offset === undefined || offset + 4 > message.length) return false;
    offset += 4;
  }
  for (let count = records.reduce((sum, one) => sum + one, 0); count > 0; count--) {
    offset = afterName(message, offset);
    if (offset === undefined || offset + 10 > message.length) return false;
    const length = message.readUInt16BE(offset + 8);
    const expected = dataBytes.get(message.readUInt16BE(offset));
    if (expected !== undefined && expected !== length) return false;
    offset += 10 + length;
    if (offset > message.length) return false;
  }
  return true;
}

/** Where a name ends: at its last label, or at a pointer to another place (RFC 1035, section 4.1.4). */
function afterName(message: Buffer, start: number): number | undefined {
  let offset = start;
  while (offset < message.length) {
    const length = message[offset]!;
    if (length === 0) return offset + 1;
    if (length >= 0xc0) return offset + 2;
    if (length > 63) return undefined;
    offset += 1 + length;
  }
  return undefined;
}
