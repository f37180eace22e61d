import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { User } from '@kubernetes/client-node';

const providerName = 'evenkeel.dev/token-file';

/** Tokens of kubeconfigs in files of their own (`tokenFile`), which others replace: read for every request. */
export class TokenFiles {
  /** What was read last, by path: a file that is being replaced may not be there for a moment. */
  readonly #last = new Map<string, string>();

  /** What stands in a kubeconfig as the `auth-provider` of such a user. */
  static provider(path: string): object {
    return { name: providerName, config: { path } };
  }

  isAuthProvider({ authProvider }: User): boolean {
    return authProvider?.name === providerName;
  }

  /** @throws what reading throws, the first time */
  async applyAuthentication({ authProvider }: User, options: RequestOptions): Promise<void> {
    const { path } = authProvider.config as { readonly path: string };
    const token = await readFile(path, 'utf8').catch((cause: unknown) => {
      const last = this.#last.get(path);
      if (last === undefined) throw cause;
      return last;
    });
    this.#last.set(path, token);
    options.headers = { ...options.headers, Authorization: `Bearer ${token.trim()}` };
  }
}
