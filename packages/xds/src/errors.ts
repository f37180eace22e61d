/** Why clients would reject a resource; thrown before anybody is sent it. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError';
  readonly code = 'EK_XDS_RESOURCE';
  /** Path of the field in its protobuf message, such as `load_assignment.endpoints`. */
  readonly field: string;

  constructor(message: string, details: { readonly field: string; readonly cause?: unknown }) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.field = details.field;
  }
}

/** The message of anything that can be thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
