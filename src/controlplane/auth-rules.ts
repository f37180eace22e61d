import type { CertificateNames } from './auth-names.ts';

/** Who may connect, and what he may see. */
export interface ClientRule {
  /** Pattern of a URI name, for example `spiffe://cluster.local/ns/{namespace}/sa/*`. */
  readonly uri?: string | undefined;
  /** Pattern of a DNS name. */
  readonly dns?: string | undefined;
  /** Namespaces whose Services he sees; `{namespace}` is what the pattern found. Undefined: all. */
  readonly namespaces?: readonly string[] | undefined;
  /** Gateways that he may be. Undefined: all where `namespaces` is not given either, else none. */
  readonly gateways?: readonly string[] | undefined;
}

/** What a client may see. */
export interface Grant {
  /** Undefined: all. */
  readonly namespaces: ReadonlySet<string> | undefined;
  /** Undefined: all. */
  readonly gateways: ReadonlySet<string> | undefined;
}

export const everything: Grant = { namespaces: undefined, gateways: undefined };

/** What stands in a pattern for the namespace, and in `namespaces` for what was found there. */
export const namespacePlaceholder = '{namespace}';

/** Wildcards in one pattern. */
export const maxWildcards = 4;

/** The label of DNS that a namespace is. */
const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';

/**
 * Says of a certificate what its holder may see. Patterns are compared with whole names: `*` stands for one character or
 * more up to the next `/` (in a DNS name: `.`), `**` for one or more of any, `{namespace}` for the name of a namespace.
 */
export function compileRules(rules: readonly ClientRule[]): (names: CertificateNames) => Grant | undefined {
  const compiled = rules.map((rule) => ({
    rule,
    pattern: rule.uri === undefined ? compilePattern(rule.dns ?? '', '.') : compilePattern(rule.uri, '/'),
  }));
  return ({ uris, dnsNames }) => {
    const grants = compiled.flatMap(({ rule, pattern }) =>
      (rule.uri === undefined ? dnsNames : uris).flatMap((name) => {
        const match = pattern.exec(name);
        return match === null ? [] : [grantOf(rule, match.groups?.namespace)];
      }),
    );
    return grants.length === 0 ? undefined : grants.reduce(union);
  };
}

/** Compares whole names. A pattern has few wildcards (the schema sees to it), so that no name takes long. */
function compilePattern(pattern: string, separator: '/' | '.'): RegExp {
  let seen = false;
  const source = pattern.replace(/\*\*+|\*|\{namespace\}|[^*{]+|\{/g, (part) => {
    if (part === '*') return `[^${separator}]+`;
    if (part.startsWith('*')) return '.+';
    if (part !== namespacePlaceholder) return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    const group = seen ? '\\k<namespace>' : `(?<namespace>${label})`;
    seen = true;
    return group;
  });
  return new RegExp(`^${source}$`, separator === '.' ? 'is' : 's');
}

function grantOf({ namespaces, gateways }: ClientRule, found: string | undefined): Grant {
  const named = namespaces?.flatMap((name) => (name === namespacePlaceholder ? (found ?? []) : name));
  return {
    namespaces: named && new Set(named),
    gateways: gateways === undefined && named === undefined ? undefined : new Set(gateways),
  };
}

function union(one: Grant, other: Grant): Grant {
  return {
    namespaces: unionOf(one.namespaces, other.namespaces),
    gateways: unionOf(one.gateways, other.gateways),
  };
}

function unionOf(one: ReadonlySet<string> | undefined, other: ReadonlySet<string> | undefined) {
  return one === undefined || other === undefined ? undefined : one.union(other);
}
