import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { get, startLab, testPod } from './testdata/start.ts';

interface Left {
  readonly pids: number[];
  readonly stateDir: string;
}

/** A lab in a process of its own and everything that it has. */
async function labProcess(t: TestContext): Promise<{ child: ChildProcess; lab: Left }> {
  const program = fileURLToPath(new URL('./testdata/lab-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, `left-${process.pid}`], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout! }), 'line');
  return { child, lab: JSON.parse(line as string) as Left };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that has ended and that nobody has asked for yet still counts for kill, not for us.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}

/** Program and arguments of every process of this machine, by process id. */
function commandLines(): Map<number, string> {
  const lines = new Map<number, string>();
  if (!existsSync('/proc/self/cmdline')) {
    for (const line of execFileSync('ps', ['-axww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n')) {
      lines.set(Number.parseInt(line, 10), line.trim().replace(/^\d+ /, ''));
    }
    return lines;
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      lines.set(Number(pid), readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
    } catch {
      // It ended meanwhile.
    }
  }
  return lines;
}

async function until(what: string, test: () => boolean): Promise<void> {
  for (let tried = 0; !test(); tried++) {
    assert.ok(tried < 3000, `waited in vain for ${what}`);
    await setTimeout(10);
  }
}

/** Sockets need no look of their own: they cannot outlive the processes. */
async function assertNothingLeft({ pids, stateDir }: Left): Promise<void> {
  await until('the processes to end', () => !pids.some(alive));
  await until('the folder to go', () => !existsSync(stateDir));
}

for (const [what, signal] of [
  ['is killed with SIGKILL', 'SIGKILL'],
  ['crashes', 'SIGUSR2'],
  ['is stopped', 'SIGTERM'],
] as const) {
  test(`nothing is left of a lab whose process ${what}`, async (t) => {
    const { child, lab } = await labProcess(t);
    assert.equal(lab.pids.length, 5);
    assert.ok(lab.pids.every(alive));
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    await assertNothingLeft(lab);
  });
}

test('a lab that is killed while it starts programs leaves none of them', async () => {
  const program = fileURLToPath(new URL('./testdata/busy-lab-process.ts', import.meta.url));
  // A number of seconds that nobody else sleeps for.
  const marker = `1000.${process.pid}`;
  const running = (): boolean => [...commandLines().values()].some((line) => line === `/bin/sleep ${marker}`);
  for (let round = 0; round < 10; round++) {
    const child = spawn(process.execPath, [program, marker], { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(child, 'exit');
    await once(child.stdout!, 'data');
    await setTimeout(6 * round);
    // Once at least there is something to find, or finding nothing would mean nothing.
    if (round === 9) await until('a program', running);
    child.kill('SIGKILL');
    await ended;
  }
  await until('every program to end', () => !running());
});

test("the lab's folder belongs to its user alone", async (t) => {
  const lab = await startLab(t);
  assert.equal(statSync(lab.stateDir).mode & 0o777, 0o700);
  assert.equal(statSync(join(lab.stateDir, '..')).mode & 0o777, 0o700);
});

test('an ended pod takes along what it had started', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({
    name: 'shell',
    template: { command: '/bin/sh', args: ['-c', 'sleep 1000 & echo $!; wait'] },
  });
  const [pod] = await lab.ready('shell');
  await until('the shell to speak', () => lab.logs(pod!.name) !== '');
  const sleeping = Number(lab.logs(pod!.name));
  assert.equal(alive(sleeping), true);
  lab.scale('shell', 0);
  await lab.settled('shell');
  await until('what the shell started to end', () => !alive(sleeping));
});

/** A place for labs that no other test sees. */
function ownTmpdir(t: TestContext): string {
  const before = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), 'ek-'));
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache');
  process.env.TMPDIR = folder;
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

test('the last lab takes the common folder with it, a new one removes what a dead one left', async (t) => {
  const folder = ownTmpdir(t);
  const first = await startLab(t);
  const base = join(first.stateDir, '..');
  const dead = join(base, 'dead.123456');
  mkdirSync(dead);
  writeFileSync(
    join(dead, 'lab.json'),
    JSON.stringify({ id: 'dead', pid: process.pid, prefix: '127.99', startedAt: 0 }),
  );
  const second = await startLab(t);
  assert.deepEqual(
    readdirSync(base)
      .map((name) => name.replace(/\.\w{6}$/, ''))
      .sort(),
    [first.id, second.id].sort(),
  );
  await Promise.all([first.stop(), second.stop()]);
  assert.deepEqual(readdirSync(folder), []);
});

test('a folder that others may use is refused', async (t) => {
  const folder = ownTmpdir(t);
  mkdirSync(join(folder, `evenkeel-lab-${process.getuid!()}`), { mode: 0o755 });
  await assert.rejects(startLab(t), { code: 'EK_LAB_STATE' });
});

test('a path too long for a socket is told before anything is started', async (t) => {
  const folder = join(ownTmpdir(t), 'x'.repeat(90));
  mkdirSync(folder);
  process.env.TMPDIR = folder;
  await assert.rejects(startLab(t), { code: 'EK_LAB_STATE' });
});

test('pods go on when what cleans up after the lab is killed, and still end with it', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', template: testPod() });
  const [pod] = await lab.ready('web');
  const [reaper] = [...commandLines()].find(
    ([, line]) => line.includes('evenkeel-lab-reaper') && line.includes(lab.stateDir),
  )!;
  process.kill(reaper, 'SIGKILL');
  await until('the end of the reaper', () => !alive(reaper));
  assert.equal(lab.pod(pod!.name).restarts, 0);
  await lab.stop();
  await until('the folder to go', () => !existsSync(lab.stateDir));
});

test('what a pod leaves in its temporary folder goes with the lab', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', template: testPod() });
  const [pod] = await lab.ready('web');
  const { TMPDIR } = JSON.parse(await get(`${pod!.ip}:${pod!.ports[0]!.port}`, '/env')) as { TMPDIR: string };
  assert.ok(TMPDIR.startsWith(`${lab.stateDir}/`));
  writeFileSync(join(TMPDIR, 'left'), '');
  await lab.stop();
  assert.equal(existsSync(TMPDIR), false);
});
