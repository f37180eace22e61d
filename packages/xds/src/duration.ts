import { create } from '@bufbuild/protobuf';
import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt';

/** A `google.protobuf.Duration` of whole and broken milliseconds. */
export function durationOf(milliseconds: number): Duration {
  const seconds = Math.floor(milliseconds / 1000);
  return create(DurationSchema, {
    seconds: BigInt(seconds),
    nanos: Math.round((milliseconds - seconds * 1000) * 1_000_000),
  });
}

/** Milliseconds of a duration; undefined for none. */
export function millisecondsOf(duration: Duration | undefined): number | undefined {
  return duration && Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}
