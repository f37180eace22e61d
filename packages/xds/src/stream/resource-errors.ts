import { messageField, stringField } from '../wire.ts';

/** Why a client is not given a resource that it asks for (xRFC TP3, gRFC A88). */
export interface ResourceErrorDetail {
  /**
   * A status code of gRPC, 1 to 16. NOT_FOUND and PERMISSION_DENIED let a client that is set up so drop what it had; with UNAVAILABLE,
   * INTERNAL and UNKNOWN it keeps that.
   */
  readonly code: number;
  /** A sentence for people; what is longer than 1,000 characters is cut. */
  readonly message: string;
}

/** Says why a name is not there. Undefined: the client is not told. */
export type ResourceErrors = (typeUrl: string, name: string) => ResourceErrorDetail | undefined;

/** Of more names in one response, the first ones: a client that asks for ever more cannot make it large. */
const maxErrors = 100;
const maxMessage = 1_000;

/** Encoded `ResourceError`s of names that are not there. */
export function encodeResourceErrors(typeUrl: string, names: Iterable<string>, errorOf: ResourceErrors): Uint8Array[] {
  const errors: Uint8Array[] = [];
  for (const name of names) {
    if (errors.length === maxErrors) break;
    const error = errorOf(typeUrl, name);
    if (error === undefined) continue;
    const resourceName = stringField(1, name);
    const detail = Buffer.concat([Uint8Array.of(8, error.code), stringField(2, cut(error.message))]);
    errors.push(Buffer.concat([messageField(1, resourceName), messageField(2, detail)]));
  }
  return errors;
}

function cut(text: string): string {
  return text.length <= maxMessage ? text : `${text.slice(0, maxMessage - 1).toWellFormed()}…`;
}
