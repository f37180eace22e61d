import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { Cluster, User } from '@kubernetes/client-node';
import { EvenkeelError } from '../../base/errors.ts';

const providerName = 'evenkeel.dev/exec';
/** A command that takes longer waits for somebody who is not there. */
const timeoutMs = 60_000;
/** Certificates and tokens are a few kilobytes. */
const maxOutputBytes = 1024 * 1024;
const maxSaidLength = 300;

/** `exec` of a kubeconfig's user. */
export interface ExecCommand {
  readonly apiVersion?: string | null;
  readonly command?: string | null;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly provideClusterInfo?: boolean | null;
  readonly installHint?: string | null;
}

interface Credentials {
  readonly token?: string | undefined;
  readonly clientCertificateData?: string | undefined;
  readonly clientKeyData?: string | undefined;
  readonly expirationTimestamp?: string | undefined;
}

/** What commands printed last, by the `auth-provider` of the user. */
const known = new WeakMap<object, Promise<Credentials>>();

/**
 * Credentials that a command prints (`exec` of kubeconfigs, client.authentication.k8s.io), kept until they expire or are refused.
 *
 * The official client does the same but for what is different here: the command is told why it is run
 * (`KUBERNETES_EXEC_INFO`), has nothing to read, is waited for so long and no longer, and is run anew for credentials that
 * the server refuses: many of them say no time at which they expire.
 */
export class ExecCredentials {
  readonly #cluster: () => Cluster | null;

  /** @param cluster - the one that is asked */
  constructor(cluster: () => Cluster | null) {
    this.#cluster = cluster;
  }

  /** What stands in a kubeconfig as the `auth-provider` of such a user. */
  static provider(command: ExecCommand): object {
    return { name: providerName, config: { command } };
  }

  isAuthProvider({ authProvider }: User): boolean {
    return authProvider?.name === providerName;
  }

  /** The server did not accept what the command of this user printed, if he has one. */
  static refused({ authProvider }: User): void {
    if (authProvider?.name === providerName) known.delete(authProvider);
  }

  /** @throws EvenkeelError `EK_KUBE_CONFIG` where the command has no credentials */
  async applyAuthentication(user: User, options: RequestOptions): Promise<void> {
    const { token, clientCertificateData, clientKeyData } = await this.#credentials(user);
    if (clientCertificateData && clientKeyData) {
      options.cert = clientCertificateData;
      options.key = clientKeyData;
    }
    if (token) options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
  }

  async #credentials(user: User): Promise<Credentials> {
    const asked = known.get(user.authProvider);
    const before = await asked?.catch(() => undefined);
    // A time that is none is no time: NaN is not in the past.
    if (before !== undefined && !(Date.parse(before.expirationTimestamp ?? '') <= Date.now())) return before;
    // Somebody else has asked meanwhile.
    if (known.get(user.authProvider) !== asked) return this.#credentials(user);
    const next = this.#run(user);
    known.set(user.authProvider, next);
    next.catch(() => known.delete(user.authProvider));
    return next;
  }

  async #run({ name, authProvider }: User): Promise<Credentials> {
    const { command: given } = authProvider.config as { readonly command: ExecCommand };
    const { command, args, env, installHint } = given;
    const fail = (why: string): EvenkeelError =>
      new EvenkeelError('EK_KUBE_CONFIG', `the command "${command ?? ''}" of the kubeconfig's user "${name}" ${why}`, {
        ...(installHint ? { hint: installHint } : {}),
      });
    if (!command) throw fail('is not given');
    const variables = Object.fromEntries((env ?? []).map((one) => [one.name, one.value]));
    const info = JSON.stringify(await this.#info(given));
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const child = execFile(
      command,
      [...(args ?? [])],
      {
        ...{ timeout: timeoutMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL' },
        env: { ...process.env, ...variables, KUBERNETES_EXEC_INFO: info },
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        // EACCES: a folder of PATH may not be read, or the file not be run.
        else if (error.code === 'ENOENT' || error.code === 'EACCES') reject(fail('is not there, or may not be run'));
        else if (error.killed) reject(fail(`has not ended within ${timeoutMs / 1000} s, or prints too much`));
        else reject(fail(`failed (${error.code ?? error.signal}): ${stderr.trim().slice(0, maxSaidLength)}`));
      },
    );
    child.stdin?.on('error', () => {}).end();
    const credentials = credentialsIn(await promise);
    if (credentials === undefined)
      throw fail('printed no ExecCredential with a token, or with a certificate and its key');
    return credentials;
  }

  async #info({ apiVersion, provideClusterInfo }: ExecCommand): Promise<object> {
    const cluster = provideClusterInfo === true ? this.#cluster() : null;
    const ca = cluster?.caData ?? (cluster?.caFile && (await readFile(cluster.caFile)).toString('base64'));
    return {
      apiVersion,
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        ...(cluster === null
          ? {}
          : {
              cluster: {
                server: cluster.server,
                'tls-server-name': cluster.tlsServerName,
                'insecure-skip-tls-verify': cluster.skipTLSVerify || undefined,
                'certificate-authority-data': ca || undefined,
                'proxy-url': cluster.proxyUrl,
              },
            }),
      },
    };
  }
}

/** What a mistake quotes of the text could be a secret, so it is not said which it is. */
function credentialsIn(text: string): Credentials | undefined {
  try {
    const status = (JSON.parse(text) as { status?: Credentials | null } | null)?.status ?? {};
    const hasCertificate = Boolean(status.clientCertificateData && status.clientKeyData);
    return status.token || hasCertificate ? status : undefined;
  } catch {
    return undefined;
  }
}
