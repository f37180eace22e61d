/**
 * Names of headers, fields and lines that are said for one purpose: which backend gave the answer. Compared as whole names,
 * without `x-`, `-`, `_`, spaces and case, so that what merely contains such a word is none of them: `X-Upstream-Cache-Status`
 * and `X-Envoy-Upstream-Service-Time` are about something else.
 */
const own = new Set([
  ...['hostname', 'serverhostname', 'hostid', 'container', 'containername', 'serverinstance', 'appinstance'],
  ...['instance', 'instancename', 'replica', 'replicaid', 'replicaname', 'podip'],
  ...['backend', 'backendname', 'backendid', 'backendserver', 'backendhost', 'backendaddr', 'backendaddress'],
  ...['servedby', 'serverid', 'serveraddr', 'serveraddress', 'serverip', 'upstream', 'upstreamaddr', 'upstreamaddress'],
  ...['upstreamserver', 'upstreamhost', 'workername', 'workerid', 'flymachineid', 'answeredby', 'handledby'],
]);

/** Of these, those that no two backends can have in common. */
const unique = new Set([
  ...['evenkeelpod', 'pod', 'podname', 'podid', 'poduid', 'k8spod', 'k8spodname', 'kubernetespod', 'kubernetespodname'],
  ...['containerid', 'instanceid'],
]);

/** Names that may also be those of something that several backends share: a virtual host, a node, a product. */
const shared = new Set([
  ...['node', 'nodename', 'nodeid', 'server', 'servername', 'host', 'machine', 'machineid', 'machinename', 'worker'],
]);

/** Headers with such a name and another meaning. */
const elsewhere = new Set(['server', 'host']);

/** How much a name says: `unique` and `own` name one backend, `shared` perhaps several. */
export type Meaning = 'unique' | 'own' | 'shared';

/** What is repeated from the request. */
const repeated = new Set(['request', 'headers', 'args', 'query', 'params', 'form', 'cookies']);

/**
 * How much a name says; undefined: nothing.
 *
 * @param name - of a header, a trailer or a line, or the path of a field
 */
export function meaningOf(from: 'header' | 'trailer' | 'field' | 'line', name: string): Meaning | undefined {
  const path = from === 'field' ? name.split('.') : [name];
  // What stands in a list is data; so is what lies deep.
  if (path.length > 4 || path.some((key) => /^\d+$/.test(key) || repeated.has(key.toLowerCase()))) return undefined;
  if (from !== 'field' && elsewhere.has(name.toLowerCase())) return undefined;
  // `pod.name` is the name of a pod, as `k8s.pod.name` of OpenTelemetry.
  const last = /^(name|id|uid|ip|addr|address)$/i.test(path.at(-1)!) ? path.slice(-2).join('') : path.at(-1)!;
  const word = last.toLowerCase().replaceAll(/[-_ ]/g, '');
  const bare = word.replace(/^x(?=.)/, '');
  if (unique.has(word) || unique.has(bare)) return 'unique';
  if (own.has(word) || own.has(bare)) return 'own';
  return shared.has(word) || shared.has(bare) ? 'shared' : undefined;
}

/** What caches and switches say; never the name of a backend. */
const states =
  /^(hit|miss|expired|bypass|stale|updating|revalidated|scarce|dynamic|pass|none|true|false|on|off|yes|no|ok|healthy|up|down|null|undefined|unknown|localhost|n\/a|-)$/i;

/** Whether a value could be a name: no state, no list, no sentence, no cookie, no time. */
export function plausible(value: string): boolean {
  if (value === '' || value.length > longestName || states.test(value)) return false;
  // `cache-` is what Fastly calls its caches in `X-Served-By`.
  if (/[\s,;="{}<>]|^[/]|^cache-/i.test(value)) return false;
  return !/^\d+\.\d+$/.test(value) && !/^(tcp|udp|https?):/i.test(value);
}

/** Whether a text that stands alone looks like the name of a host or a pod: `web-0`, `echo-6b7fb94bfb-hf6zv`. */
export function looksLikeName(value: string): boolean {
  return plausible(value) && /^[a-z0-9][a-z0-9._:-]*$/i.test(value) && /[a-z]/i.test(value) && /[\d.-]/.test(value);
}

/** Whether a name was made for one pod or container: `echo-6b7fb94bfb-hf6zv`, `1f0c6a3b9d2e`. */
export function looksGenerated(value: string): boolean {
  return /^[a-z0-9.-]+-[a-z0-9]{6,10}-[a-z0-9]{5}$/.test(value) || /^[0-9a-f]{12}([0-9a-f]{52})?$/.test(value);
}

/** Longest name of a backend that is kept: as of a DNS name (RFC 1035). */
const longestName = 253;

/**
 * A name from an answer as it is reported: printable and at most 253 characters, the middle left out: names differ at their ends.
 *
 * @param at - where it was found; nginx's `$upstream_addr` lists every server that it tried, of which the last one answered
 */
export function cleanName(raw: string, at = ''): string {
  const last = /upstream/i.test(at) ? raw.split(/, | : /).at(-1)! : raw;
  const text = last.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const half = (longestName - 1) / 2;
  return text.length > longestName ? `${text.slice(0, half)}…${text.slice(-half)}` : text;
}
