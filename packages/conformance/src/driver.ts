import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { messageOf, RunBroke, Unsupported } from './outcome.ts';
import type { Resource, ResourceKey } from './resources.ts';

/** One change of what a node is served; streams of the node should see all of it or nothing. */
export interface Change {
  readonly node: string;
  readonly set: readonly Resource[];
  readonly remove: readonly ResourceKey[];
}

/** Makes the server under test have a state. */
export interface Driver {
  /** What is tested, for the report. */
  readonly name: string;
  /** `HOST:PORT` of the server, where the driver started one. */
  readonly server: string | undefined;
  /** All nodes are served the same, so that checks have to be made one after the other. */
  readonly isShared: boolean;
  /**
   * Resolves when the server has taken the change.
   *
   * @throws Unsupported, RunBroke
   */
  apply(change: Change): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly ok?: boolean;
  readonly server?: string;
  readonly name?: string;
  readonly shared?: boolean;
  readonly unsupported?: string;
  readonly error?: string;
}

const maxLine = 64 * 1024;
/** Drivers of this package, which are named instead of a command. */
const own: Readonly<Record<string, string>> = {
  evenkeel: `"${process.execPath}" "${join(import.meta.dirname, '..', 'drivers', 'evenkeel.js')}"`,
};
/** A driver that has not ended so long after its input has is killed. */
const graceMs = 5_000;

/**
 * Starts a driver: a program that reads a line of JSON for each change from its standard input, and answers each with a
 * line of JSON. README.md, "A driver for your server", has the protocol.
 *
 * @param command - a line for the shell, or the name of a driver of this package
 * @param startMs - how long it may take to say its first line
 * @param answerMs - how long it may take to answer a change
 * @throws RunBroke where the program does not start or does not keep the protocol
 */
export async function startDriver(command: string, startMs: number, answerMs: number): Promise<Driver> {
  // A group of its own: the shell may have started others.
  const child = spawn(own[command] ?? command, { shell: true, detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = readAnswers(child, command);
  try {
    const { ok, name, server, shared, error } = await answers.next(startMs);
    if (ok !== true) throw new RunBroke(`the driver could not start: ${error ?? 'its first line has no "ok": true'}`);
    return {
      name: name ?? command,
      server,
      isShared: shared === true,
      apply: (change) => {
        child.stdin.write(`${JSON.stringify({ ...change, set: change.set.map(packed) })}\n`);
        return answers.next(answerMs).then(check);
      },
      close: () => end(child),
    };
  } catch (error) {
    await end(child);
    throw error;
  }
}

function packed({ typeUrl, name, value }: Resource): object {
  return { typeUrl, name, value: Buffer.from(value).toString('base64') };
}

function check({ ok, unsupported, error }: Answer): void {
  if (typeof unsupported === 'string') throw new Unsupported(unsupported);
  if (ok !== true) throw new RunBroke(`the driver failed: ${error ?? 'its answer has no "ok": true'}`);
}

/** Answers come in the order of the lines that asked for them. */
function readAnswers(child: ChildProcess, command: string): { next(withinMs: number): Promise<Answer> } {
  const waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];
  const early: Answer[] = [];
  let broken: RunBroke | undefined;
  const end = (why: string): void => {
    broken ??= new RunBroke(`the driver ${why}: ${command}`);
    for (const { reject } of waiting.splice(0)) reject(broken);
  };
  child.stdin!.on('error', () => end('takes no more input'));
  child.once('error', (error) => end(`could not be started (${messageOf(error)})`));
  child.once('close', (code, signal) => end(`ended with ${signal ?? `exit code ${code}`}`));
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.length > maxLine) return end(`wrote a line of ${line.length} characters`);
    let answer: Answer;
    try {
      answer = JSON.parse(line) as Answer;
      if (typeof answer !== 'object' || answer === null) throw new Error('no object');
    } catch {
      return end(`wrote what is no JSON object, ${JSON.stringify(line.slice(0, 80))}`);
    }
    const next = waiting.shift();
    if (next === undefined) early.push(answer);
    else next.resolve(answer);
  });
  return {
    next: async (withinMs) => {
      const answer = early.shift();
      if (answer !== undefined) return answer;
      if (broken !== undefined) throw broken;
      const timer = setTimeout(() => end(`said nothing for ${withinMs} ms`), withinMs);
      try {
        return await new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.stdin!.end();
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), graceMs);
  await closed;
  clearTimeout(timer);
}
