import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, in PEM form. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateSpec {
  readonly commonName?: string;
  readonly dns?: readonly string[];
  readonly uris?: readonly string[];
  /** IPv4 addresses. */
  readonly ips?: readonly string[];
  /** Default: both. */
  readonly usage?: 'server' | 'client';
  /** From now; default: an hour ago. */
  readonly notBeforeMs?: number;
  /** From now; default: in an hour. */
  readonly notAfterMs?: number;
}

const hourMs = 3_600_000;

const oids = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  basicConstraints: '551d13',
  keyUsage: '551d0f',
  extendedKeyUsage: '551d25',
  subjectAltName: '551d11',
  subjectKeyIdentifier: '551d0e',
  authorityKeyIdentifier: '551d23',
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
} as const;

/** An authority that signs whatever a test needs, wrong times and names included. No tool outside Node is needed. */
export class TestAuthority {
  /** Its own certificate, in PEM form. */
  readonly cert: string;
  readonly #name: string;
  readonly #key: KeyObject;
  readonly #keyId = randomBytes(20);

  constructor(name = 'evenkeel test authority') {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#name = name;
    this.#key = privateKey;
    const extensions = [
      extension(oids.basicConstraints, sequence(tlv(0x01, Buffer.from([0xff]))), true),
      extension(oids.keyUsage, tlv(0x03, Buffer.from([1, 0b0000_0110])), true),
      extension(oids.subjectKeyIdentifier, tlv(0x04, this.#keyId)),
    ];
    this.cert = this.#sign({ commonName: name }, publicKey, extensions);
  }

  issue(spec: CertificateSpec): Certificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { dns = [], uris = [], ips = [], usage } = spec;
    const names = [
      ...dns.map((name) => tlv(0x82, Buffer.from(name))),
      ...uris.map((uri) => tlv(0x86, Buffer.from(uri))),
      ...ips.map((ip) => tlv(0x87, Buffer.from(ip.split('.').map(Number)))),
    ];
    const usages = [
      ...(usage === 'client' ? [] : [oid(oids.serverAuth)]),
      ...(usage === 'server' ? [] : [oid(oids.clientAuth)]),
    ];
    const extensions = [
      extension(oids.keyUsage, tlv(0x03, Buffer.from([7, 0b1000_0000])), true),
      extension(oids.extendedKeyUsage, sequence(...usages)),
      extension(oids.authorityKeyIdentifier, sequence(tlv(0x80, this.#keyId))),
      ...(names.length === 0
        ? []
        : [extension(oids.subjectAltName, sequence(...names), spec.commonName === undefined)]),
    ];
    return {
      cert: this.#sign(spec, publicKey, extensions),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  }

  #sign(spec: CertificateSpec, publicKey: KeyObject, extensions: readonly Buffer[]): string {
    const { commonName = '', notBeforeMs = -hourMs, notAfterMs = hourMs } = spec;
    const algorithm = sequence(oid(oids.ecdsaWithSha256));
    const body = sequence(
      tlv(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      algorithm,
      nameOf(this.#name),
      sequence(time(notBeforeMs), time(notAfterMs)),
      nameOf(commonName),
      publicKey.export({ type: 'spki', format: 'der' }),
      tlv(0xa3, sequence(...extensions)),
    );
    const signature = sign('sha256', body, { key: this.#key, dsaEncoding: 'der' });
    const der = sequence(body, algorithm, tlv(0x03, Buffer.from([0]), signature));
    const lines = der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
    return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
  }
}

/** Paths of the files that a certificate was written to. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Writes `NAME.crt` and `NAME.key`. */
export function writeCertificate(folder: string, name: string, { cert, key }: Certificate): CertificateFiles {
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  return files;
}

/** DER: tag, length, content (X.690, 8.1). */
function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tlv(0x30, ...parts);
}

function integer(bytes: Uint8Array): Buffer {
  return tlv(0x02, bytes);
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

function nameOf(commonName: string): Buffer {
  if (commonName === '') return sequence();
  return sequence(tlv(0x31, sequence(oid(oids.commonName), tlv(0x0c, Buffer.from(commonName)))));
}

/** UTCTime, seconds included, as RFC 5280 asks for until 2049. */
function time(fromNowMs: number): Buffer {
  const text = new Date(Date.now() + fromNowMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  return tlv(0x17, Buffer.from(text.slice(2)));
}

function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value));
}
