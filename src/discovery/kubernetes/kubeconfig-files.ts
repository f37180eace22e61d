import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { type ExecCommand, ExecCredentials } from './exec-credentials.ts';
import { TokenFiles } from './token-files.ts';

/** The parts of a kubeconfig's entries that are looked at here; all others are the official client's. */
interface RawKubeconfig {
  readonly 'current-context'?: string | null;
  readonly clusters?: readonly RawEntry[] | null;
  readonly users?: readonly RawEntry[] | null;
  readonly contexts?: readonly RawEntry[] | null;
}

interface RawEntry {
  readonly name?: unknown;
  readonly cluster?: Readonly<Record<string, unknown>> | null;
  readonly user?: Readonly<Record<string, unknown>> | null;
  readonly context?: Readonly<Record<string, unknown>> | null;
}

/** Who asks where a context names no user, as one for `kubectl proxy` does. */
const nobody = '(no user)';

/** Paths in an entry, which are relative to its file. */
const pathsOfCluster = ['certificate-authority'];
const pathsOfUser = ['client-certificate', 'client-key', 'tokenFile'];

/**
 * Kubeconfigs as one, by the rules of kubectl: the first file that says something holds, a file that is not there says nothing,
 * and an entry that cannot be used is no mistake where nobody uses it. Token files and commands are ours (`TokenFiles`,
 * `ExecCredentials`); everything else is as the official client has it.
 *
 * @throws EvenkeelError `EK_KUBE_CONFIG` where one cannot be read, or none is there
 */
export function loadKubeconfigs(paths: readonly string[]): KubeConfig {
  const files = paths.flatMap((path) => {
    const read = readKubeconfig(path);
    return read === undefined ? [] : [{ path, ...read }];
  });
  if (files.length === 0) {
    const file = paths.join(':');
    throw new EvenkeelError('EK_KUBE_CONFIG', 'the kubeconfig cannot be read: there is no such file', { file });
  }
  const clusters = firstOfName(
    files.flatMap(({ path, clusters }) => (clusters ?? []).map((one) => clusterOf(one, path))),
  );
  const users = firstOfName(files.flatMap(({ path, users }) => (users ?? []).map((one) => userOf(one, path))));
  const contexts = firstOfName(files.flatMap(({ contexts }) => contexts ?? [])).map(contextOf);
  const merged = {
    'current-context': files.map((file) => file['current-context']).find(Boolean),
    ...{ clusters, contexts, users: [...users, { name: nobody, user: {} }] },
  };
  const config = new KubeConfig();
  config.addAuthenticator(new TokenFiles());
  config.addAuthenticator(new ExecCredentials(() => config.getCurrentCluster()));
  try {
    config.loadFromString(JSON.stringify(merged), { onInvalidEntry: 'filter' });
  } catch (cause) {
    throw unreadable(paths.join(':'), cause);
  }
  return config;
}

/** Undefined where there is no such file. */
function readKubeconfig(path: string): RawKubeconfig | undefined {
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
  if (typeof content !== 'object' || Array.isArray(content)) throw unreadable(path, new Error('it is no kubeconfig'));
  return content ?? {};
}

function unreadable(file: string, cause: unknown): EvenkeelError {
  return new EvenkeelError('EK_KUBE_CONFIG', `the kubeconfig cannot be read: ${messageOf(cause)}`, { file, cause });
}

function firstOfName<Entry extends RawEntry>(entries: readonly Entry[]): Entry[] {
  const byName = new Map<unknown, Entry>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  return [...byName.values()];
}

/** `HOST:PORT` alone is taken, as client-go has it: by TLS where something of TLS is said. */
function clusterOf(entry: RawEntry, file: string): RawEntry {
  const cluster = resolved(entry.cluster ?? {}, pathsOfCluster, file);
  const { server } = cluster;
  if (typeof server !== 'string' || server.includes('://')) return { ...entry, cluster };
  const tls = ['certificate-authority', 'certificate-authority-data', 'insecure-skip-tls-verify'];
  const scheme = tls.some((field) => cluster[field]) ? 'https' : 'http';
  return { ...entry, cluster: { ...cluster, server: `${scheme}://${server}` } };
}

/** Of several kinds of credentials the same one counts as in client-go: a token file, a token or a password, a command. */
function userOf(entry: RawEntry, file: string): RawEntry {
  const { tokenFile, exec, ...user } = resolved(entry.user ?? {}, pathsOfUser, file);
  if (typeof tokenFile === 'string' && tokenFile !== '') {
    return { ...entry, user: { ...user, token: undefined, 'auth-provider': TokenFiles.provider(tokenFile) } };
  }
  if (typeof exec !== 'object' || exec === null || user.token || user.username) return { ...entry, user };
  const { command } = exec as ExecCommand;
  // A bare name is looked for on PATH.
  const isPath = typeof command === 'string' && command.includes('/') && !isAbsolute(command);
  const given = { ...(exec as ExecCommand), ...(isPath ? { command: join(dirname(file), command) } : {}) };
  return { ...entry, user: { ...user, 'auth-provider': ExecCredentials.provider(given) } };
}

function contextOf(entry: RawEntry): RawEntry {
  return { ...entry, context: { ...entry.context, user: entry.context?.user || nobody } };
}

function resolved(entry: Readonly<Record<string, unknown>>, fields: readonly string[], file: string) {
  const paths = fields.flatMap((field) => {
    const path = entry[field];
    return typeof path === 'string' && path !== '' && !isAbsolute(path) ? [[field, join(dirname(file), path)]] : [];
  });
  return { ...entry, ...Object.fromEntries(paths) } as Record<string, unknown>;
}
