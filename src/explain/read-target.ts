/** A target as a person gave it. */
export interface ReadTarget {
  /** What stands behind `xds:///`, corrected where it was written in another way. */
  readonly name: string;
  /** How a client that is given the text resolves it. */
  readonly dials: 'xds' | 'dns' | 'unknown';
  /** What is wrong with how it is written, in a sentence; undefined: nothing. */
  readonly mistake?: string | undefined;
}

const schemes = ['dns', 'xds', 'kubernetes', 'k8s', 'http', 'https', 'grpc', 'grpcs', 'passthrough', 'tcp'] as const;
const dnsSchemes: readonly string[] = ['dns', 'passthrough'];
const kinds = new Set(['svc', 'service', 'services', 'deployment', 'deploy']);

/**
 * Reads what a person calls a target: `xds:///orders.shop`, the target of a client that uses something else
 * (`dns:///orders.shop:50051`), or a Service as kubectl writes it (`shop/orders`, `svc/orders`).
 */
export function readTarget(text: string): ReadTarget {
  const match = /^([a-z][a-z0-9+.-]*):(\/\/([^/]*)(?:\/(.*))?)?$/i.exec(text);
  const scheme = schemes.find((one) => one === match?.[1]?.toLowerCase());
  // `orders:50051` looks like a scheme, and is a name with a port.
  if (match === null || scheme === undefined || match[2] === undefined) {
    const short = new RegExp(`^(${schemes.join('|')}):(?!\\d+$)(.+)$`, 'i').exec(text);
    return short === null ? readName(text, 'xds') : readScheme(short[1]!.toLowerCase(), '', short[2]!, text);
  }
  return readScheme(scheme, match[3] ?? '', match[4] ?? '', text);
}

function readScheme(scheme: string, authority: string, path: string, text: string): ReadTarget {
  if (scheme === 'xds') {
    const { name, mistake } = readName(path === '' ? authority : path, 'xds');
    if (path === '' && authority !== '') {
      return {
        name,
        dials: 'unknown',
        mistake: `"${text}" lacks a slash: xds:// is followed by an authority, xds:/// by a name`,
      };
    }
    if (authority !== '') {
      return {
        name,
        dials: 'unknown',
        mistake: `"${text}" names the authority ${authority}, and evenkeel serves names without one`,
      };
    }
    return { name, dials: 'xds', mistake };
  }
  // dns://SERVER/NAME has the server first; http://HOST/PATH the host.
  const host = dnsSchemes.includes(scheme) || authority === '' ? path : authority;
  const { name, dials, mistake } = readName(host, 'dns');
  // DNS takes dots and capital letters; an address it does not even look at.
  if (dnsSchemes.includes(scheme)) return dials === 'dns' ? { name, dials } : { name, dials, mistake };
  return { name, dials: 'unknown', mistake: `"${text}" has the scheme ${scheme}, which is not that of an xDS target` };
}

/** A name with what people write too much taken away. */
function readName(text: string, dials: 'xds' | 'dns'): ReadTarget {
  const [host = '', ...port] = text.split(':');
  const suffix = port.length === 0 ? '' : `:${port.join(':')}`;
  if (/^[0-9.]+$/.test(host) || text.startsWith('[')) {
    return { name: text, dials: 'unknown', mistake: `"${text}" is an address; a target is the name of a Service` };
  }
  const parts = host.split('/').filter((part) => part !== '');
  let name = host;
  let mistake: string | undefined;
  if (parts.length === 2) {
    const [first = '', second = ''] = parts;
    name = kinds.has(first.toLowerCase()) ? second : `${second}.${first}`;
    mistake = `"${text}" is how kubectl writes it; a target is NAME.NAMESPACE`;
  } else if (host.includes('/')) {
    name = parts.at(-1) ?? '';
    mistake = `"${text}" is no target; a target is NAME.NAMESPACE`;
  }
  if (name.endsWith('.')) {
    name = name.replace(/\.+$/, '');
    mistake ??= `"${text}" ends in a dot, which is for DNS; a target has none`;
  }
  if (name !== name.toLowerCase()) {
    name = name.toLowerCase();
    mistake ??= `"${text}" has capital letters, and names of Kubernetes have none`;
  }
  return { name: `${name}${suffix}`, dials, mistake };
}
