import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Builds API server, driver, peers and null server into a folder; modules come from the Go module proxy once. */
export function buildGo(binaries: string): void {
  mkdirSync(binaries, { recursive: true });
  execFileSync('go', ['build', '-o', `${binaries}/`, './apiserver', './driver', './peers', './nullserver'], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** `go version`, or undefined where Go is not installed. */
export function goVersion(): string | undefined {
  try {
    return execFileSync('go', ['env', 'GOVERSION'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The versions of the modules that are measured. */
export function moduleVersions(): Record<string, string> {
  const modules = ['github.com/envoyproxy/go-control-plane', 'google.golang.org/grpc'];
  const text = execFileSync('go', ['list', '-m', ...modules], { cwd: import.meta.dirname, encoding: 'utf8' });
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
}
