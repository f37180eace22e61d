import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Output, outputOf } from '../../base/testing/output-of.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** `evenkeel …` in a temporary folder of its own, to be interrupted. */
export interface Interruptible {
  readonly child: ChildProcess;
  readonly ended: Promise<Output>;
  /** Resolves once what it has printed is like that. */
  said(test: RegExp): Promise<RegExpExecArray>;
  interrupt(): void;
  /** Nothing that it started runs any more, and its temporary folder is empty. */
  nothingLeft(): Promise<void>;
}

export interface InterruptibleOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly wrap?: (command: readonly string[]) => readonly string[];
}

/** @param wrap - makes a command of it that runs it in another way, in a terminal for example */
export function startInterruptible(
  t: TestContext,
  args: readonly string[],
  { env = {}, wrap = (command) => command }: InterruptibleOptions = {},
): Interruptible {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-cc-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // Compiled code is Node's to keep, not what a run leaves.
  const cache = process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache');
  const [program, ...rest] = wrap([process.execPath, main, ...args]);
  const child = spawn(program!, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: cache, ...env, TMPDIR: folder },
  });
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  let look = (): void => {};
  const ended = outputOf(child, ({ stdout, stderr }) => {
    printed = stdout + stderr;
    look();
  });
  return {
    child,
    ended,
    said(wanted) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      look = () => {
        const found = wanted.exec(printed);
        if (found !== null) resolve(found);
      };
      look();
      void ended.then(() => reject(new Error(`it ended and never said ${wanted}:\n${printed}`)));
      return promise;
    },
    interrupt: () => void child.kill('SIGINT'),
    async nothingLeft() {
      for (let tried = 0; left(folder).length > 0; tried += 1) {
        assert.ok(tried < 500, `left: ${left(folder).join(', ')}`);
        await delay(10);
      }
    },
  };
}

/** What is in the folder, and the processes whose temporary folder is in there: pods and clients inherit it. */
function left(folder: string): string[] {
  return [...(existsSync(folder) ? readdirSync(folder) : []), ...processesOf(folder)];
}

function processesOf(folder: string): string[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TMPDIR=${folder}`);
    } catch {
      return false;
    }
  });
}
