/** Whether gRPC sends values of this name as base64 (gRPC over HTTP/2, "Custom-Metadata"). */
function isBinaryName(name: string): boolean {
  return name.endsWith('-bin');
}

/** A value of binary metadata as text: base64 with padding, as grpcurl prints it. */
export function binaryText(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

/**
 * A header as it came, as text: binary metadata may lack its padding, and several values are joined by commas, of which the first
 * counts; any other stays as it is.
 */
export function headerText(name: string, value: string): string {
  return isBinaryName(name) ? binaryText(Buffer.from(value.split(',', 1)[0]!, 'base64')) : value;
}
