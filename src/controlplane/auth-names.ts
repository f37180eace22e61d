import type { PeerCertificate } from 'node:tls';

/** The names of a certificate that say who its holder is. The common name is not one of them. */
export interface CertificateNames {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
}

/**
 * The subject alternative names of a certificate, as Node writes them: `DNS:a.example, URI:spiffe://…`. A name with
 * characters that could be taken for two names is written as a JSON string there.
 */
export function namesIn({ subjectaltname = '' }: Pick<PeerCertificate, 'subjectaltname'>): CertificateNames {
  const uris: string[] = [];
  const dnsNames: string[] = [];
  for (const [, kind, quoted, plain] of subjectaltname.matchAll(/([^:,]+):(?:("(?:[^"\\]|\\.)*")|([^,"]*))(?:, |$)/g)) {
    const name = quoted === undefined ? plain! : String(JSON.parse(quoted));
    if (kind === 'URI') uris.push(name);
    else if (kind === 'DNS') dnsNames.push(name.toLowerCase());
  }
  return { uris, dnsNames };
}

/**
 * Why the names cannot be believed; undefined where they can. "An X.509 SVID MUST contain exactly one URI SAN" (SPIFFE
 * X509-SVID, 2): with a second one, two parties could read different identities out of one certificate.
 */
export function ambiguity({ uris }: CertificateNames): string | undefined {
  const strange = uris.find((uri) => uri.startsWith('spiffe:') && /[?#@]|:\/\/[^/]*:/.test(uri));
  // SPIFFE-ID, 2.1 and 2.2: no query, fragment, user or port.
  if (strange !== undefined) return 'a SPIFFE ID has no query, fragment, user or port';
  if (uris.length < 2 || !uris.some((uri) => uri.startsWith('spiffe:'))) return undefined;
  return 'a certificate with a SPIFFE ID has to have one URI alone';
}

/** For logs: all names in one line, as much as a person reads. */
export function describeNames({ uris, dnsNames }: CertificateNames): string {
  const names = [...uris, ...dnsNames];
  return names.length === 0 ? 'no URI and no DNS name' : names.join(', ').slice(0, 500);
}
