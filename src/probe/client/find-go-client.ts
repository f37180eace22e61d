import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EvenkeelError } from '../../base/errors.ts';

/** What to tell a person who has no grpc-go client. */
export const howToGetGoClient =
  'Install Go 1.26 or newer and build it, in a clone of evenkeel: node interop/install.mjs go. Or name one with ' +
  'EVENKEEL_GO_CLIENT.';

/** The grpc-go client of experiments, built from interop/go/caller. */
export interface GoClient {
  readonly path: string;
  /** Of grpc-go: `1.85.0`. */
  readonly version: string;
}

/**
 * Looks for the grpc-go client: `EVENKEEL_GO_CLIENT`, then what `interop/install.mjs` put into `build/`.
 *
 * @param buildFolder - default `build/` beside `src/`
 * @returns undefined where there is none (see {@link howToGetGoClient})
 * @throws EvenkeelError `EK_USAGE` where `EVENKEEL_GO_CLIENT` names something that does not tell its version;
 *   `EK_GO_CLIENT_MISSING` where there is none and `EVENKEEL_REQUIRE=all`
 */
export async function findGoClient(
  env: NodeJS.ProcessEnv = process.env,
  buildFolder: string = fileURLToPath(new URL('../../../build', import.meta.url)),
): Promise<GoClient | undefined> {
  const named = env.EVENKEEL_GO_CLIENT;
  const path = named !== undefined && named !== '' ? named : `${buildFolder}/interop/go/caller`;
  const there = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (there) {
    const version = await versionOf(path);
    if (version !== undefined) return { path, version };
  }
  if (path === named) {
    throw new EvenkeelError('EK_USAGE', `${named} is not a grpc-go client that can be run`, {
      field: 'EVENKEEL_GO_CLIENT',
      hint: howToGetGoClient,
    });
  }
  if (env.EVENKEEL_REQUIRE === 'all') {
    throw new EvenkeelError(
      'EK_GO_CLIENT_MISSING',
      'there is no grpc-go client, and EVENKEEL_REQUIRE=all lets nothing be skipped',
      { hint: howToGetGoClient },
    );
  }
  return undefined;
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000 });
    return /^\d+\.\d+\.\d+\S*$/.exec(stdout.trim())?.[0];
  } catch {
    return undefined;
  }
}
