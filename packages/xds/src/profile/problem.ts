import { ResourceError } from '../errors.ts';

/** What is wrong with a resource. `field` is the protobuf path, `why` completes "FIELD …". */
export function invalid(type: string, name: string, field: string, why: string): ResourceError {
  return new ResourceError(`${type} "${name}": ${field} ${why}`, { field });
}

/** Reports a problem of the resource that is being checked. */
export type Report = (field: string, why: string) => ResourceError;

/** {@link invalid} for one resource. */
export function reportFor(type: string, name: string): Report {
  return (field, why) => invalid(type, name, field, why);
}
