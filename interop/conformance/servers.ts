import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..', '..');
const suite = join(root, 'packages', 'conformance', 'src', 'main.ts');
const goControlPlane = join(root, 'build', 'interop', 'go-control-plane');
const javaControlPlane = join(root, 'build', 'interop', 'java-control-plane');

export interface CheckedServer {
  readonly id: string;
  /** For tables. */
  readonly title: string;
  /** For the command line of the suite. */
  readonly driver: string;
  /** What `interop/install.mjs` builds for it, where there is something. */
  readonly needs?: string;
}

const ofGo = (cache: string, title: string): CheckedServer => ({
  id: `go-control-plane-${cache}`,
  title,
  driver: `'${goControlPlane}' -cache ${cache}`,
  needs: goControlPlane,
});

const ofJava = (option: string, title: string): CheckedServer => ({
  id: `java-control-plane${option.slice(1)}`,
  title,
  driver: `java -cp '${javaControlPlane}/classes:${javaControlPlane}/lib/*' evenkeel.conformance.Driver ${option}`,
  needs: join(javaControlPlane, 'lib'),
});

export const servers: readonly CheckedServer[] = [
  { id: 'evenkeel', title: 'evenkeel', driver: 'evenkeel' },
  ofGo('linear', 'LinearCache, MuxCache'),
  ofGo('snapshot', 'SnapshotCache'),
  ofGo('snapshot-ads', 'SnapshotCache, ADS mode'),
  ofJava('', 'java-control-plane'),
  ofJava('--fill-node', 'java-control-plane, node filled in'),
];

export function isThere({ needs }: CheckedServer): boolean {
  return needs === undefined || existsSync(needs);
}

/** What the suite prints as JSON, as far as it is read here. */
export interface Report {
  readonly server: string;
  readonly held: number;
  readonly failed: number;
  readonly results: readonly Check[];
}

export interface Check {
  readonly id: string;
  readonly level: string;
  readonly paragraph: string;
  readonly outcome: string;
  readonly detail?: string;
}

/** Runs the suite as everybody does, by its command line. */
export function runSuite({ driver }: CheckedServer, patienceMs: number, only?: string): Promise<Report> {
  const args = [suite, '--driver', driver, '--patience', String(patienceMs), '--json'];
  if (only !== undefined) args.push('--only', only);
  return new Promise((done, reject) =>
    execFile(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null || error.code === 1) done(JSON.parse(stdout) as Report);
      else reject(new Error(stderr.trim() || error.message));
    }),
  );
}
