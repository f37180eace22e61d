import { z } from 'zod';

/** A DNS label (RFC 1123), which is what Kubernetes allows for names of namespaces, Services and ports. */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'must be a DNS label: at most 63 lower-case letters, digits and "-", no "-" at either end',
  );

/** A whole number from `min` to `max`; the message gives both. */
export function wholeNumber(min: number, max: number, unit = 'number') {
  const message = `must be a whole ${unit}, ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
}

export const portNumber = wholeNumber(1, 65_535);
