import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf } from '../base/errors.ts';
import type { ClientTlsFiles } from '../bootstrap/client-tls.ts';
import { type Diagnosis, diagnosesOf } from './diagnosis.ts';

const dayMs = 86_400_000;
/** Long enough to renew by hand. */
const soonMs = 14 * dayMs;
const { fault, warning, ok } = diagnosesOf('certificate');

/** Whether the files that a client has for TLS can be read, belong together and hold. */
export async function checkCertificates({ ca, cert, key }: ClientTlsFiles, nowMs = Date.now()): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = [];
  let own: X509Certificate | undefined;
  for (const file of [ca, cert]) {
    if (file === undefined) continue;
    try {
      const certificate = new X509Certificate(await readFile(file));
      if (file === cert) own = certificate;
      diagnoses.push(checkTimes(certificate, file, nowMs));
    } catch (error) {
      diagnoses.push(
        fault(`${file} cannot be used as a certificate: ${messageOf(error)}`, 'Put a good PEM file there.'),
      );
    }
  }
  if (key === undefined) return diagnoses;
  try {
    const { createPrivateKey } = await import('node:crypto');
    const isOwn = own === undefined || own.checkPrivateKey(createPrivateKey(await readFile(key)));
    if (!isOwn) diagnoses.push(fault(`${key} is not the key of ${cert}`, 'Put both of one pair there.'));
  } catch (error) {
    diagnoses.push(fault(`${key} cannot be used as a key: ${messageOf(error)}`, 'Put a good PEM file there.'));
  }
  return diagnoses;
}

/** Whether a certificate is valid now, and for a while. */
export function checkTimes(
  { validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>,
  what: string,
  nowMs: number,
): Diagnosis {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  if (nowMs < from)
    return fault(`The certificate ${what} is valid from ${validFrom} on`, 'Look at the clocks of both hosts.');
  if (nowMs > to) return fault(`The certificate ${what} ended on ${validTo}`, 'Renew it.');
  const days = Math.floor((to - nowMs) / dayMs);
  if (to - nowMs < soonMs) return warning(`The certificate ${what} ends in ${days} days, on ${validTo}`, 'Renew it.');
  return ok(`The certificate ${what} is valid for ${days} days`);
}
