import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { EvenkeelError, messageOf } from '../base/errors.ts';

/** What a lab writes about itself, for those who look for it. */
export interface LabInfo {
  readonly id: string;
  readonly pid: number;
  readonly prefix: string;
  readonly startedAt: number;
}

/** Unix socket paths end here on macOS (104 with the closing zero); Linux takes 108. */
const maxSocketPath = 103;

/** Folders of labs that are being made. */
const freshPrefix = '.new-';

/** Longer than any lab takes to make one. */
const startMs = 60_000;

/** Every lab of this user has a folder in here. */
function labsFolder(): string {
  return join(tmpdir(), `evenkeel-lab-${userInfo().uid}`);
}

export function controlSocket(stateDir: string): string {
  return join(stateDir, 'control.sock');
}

/**
 * Makes the folder of a new lab and removes those of labs that are gone.
 *
 * Its path is used once and never again: what cleans up after a lab may come late, and must then find nobody else's.
 *
 * @param listen - makes the control socket at the path given; a folder whose socket does not answer is a dead lab's
 * @throws EvenkeelError `EK_LAB_STATE` if the place is not ours alone, `EK_LAB_ID_TAKEN` if a lab with this id runs
 */
export async function createStateDir(info: LabInfo, listen: (socket: string) => Promise<void>): Promise<string> {
  const base = labsFolder();
  const longest = controlSocket(join(base, `${info.id}.${'x'.repeat(freshPrefix.length + 6)}`));
  if (longest.length > maxSocketPath) {
    throw new EvenkeelError('EK_LAB_STATE', `the path ${longest} is too long for a socket`, {
      hint: `Set TMPDIR to a shorter path, or choose a shorter --id; ${maxSocketPath} characters are the limit.`,
    });
  }
  const fresh = makeFresh(base);
  const folder = join(base, `${info.id}.${basename(fresh).slice(freshPrefix.length)}`);
  try {
    writeFileSync(join(fresh, 'lab.json'), JSON.stringify(info));
    await listen(controlSocket(fresh));
    await removeLeftovers(base);
    // Complete before it has its name: nobody sees the folder of a lab that does not answer yet.
    renameSync(fresh, folder);
    await refuseSecond(info, folder);
  } catch (error) {
    for (const path of [fresh, folder]) rmSync(path, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** Each lab looks after everybody can see it, so two never both stay; two that begin at one moment may both give way. */
async function refuseSecond({ id }: LabInfo, folder: string): Promise<void> {
  const labs = await runningLabs();
  if (!labs.some(({ info, socket }) => info.id === id && dirname(socket) !== folder)) return;
  throw new EvenkeelError('EK_LAB_ID_TAKEN', `a lab with the id "${id}" is running`, {
    field: '--id',
    hint: `Choose another id, or end it: evenkeel lab down --id ${id}`,
  });
}

/** The labs of this user that answer. */
export async function runningLabs(): Promise<{ info: LabInfo; socket: string }[]> {
  const base = labsFolder();
  const found = await Promise.all(
    entries(base).map(async (name) => {
      const info = name.startsWith(freshPrefix) ? undefined : readInfo(join(base, name));
      const socket = controlSocket(join(base, name));
      return info !== undefined && (await answers(socket)) ? [{ info, socket }] : [];
    }),
  );
  return found.flat().sort((a, b) => (a.info.id < b.info.id ? -1 : 1));
}

function makeFresh(base: string): string {
  for (let attempt = 1; ; attempt++) {
    prepareBase(base);
    try {
      return mkdtempSync(join(base, freshPrefix));
    } catch (error) {
      // The last lab that ends takes the common folder with it, perhaps at this moment.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 10) throw error;
    }
  }
}

/** In a place where everybody may write, a folder of that name may have been laid out by somebody else. */
function prepareBase(base: string): void {
  try {
    mkdirSync(base, { recursive: true, mode: 0o700 });
    const stat = lstatSync(base);
    if (stat.isDirectory() && stat.uid === userInfo().uid && (stat.mode & 0o077) === 0) return;
  } catch (cause) {
    throw new EvenkeelError('EK_LAB_STATE', `cannot make ${base}: ${messageOf(cause)}`, { cause });
  }
  throw new EvenkeelError('EK_LAB_STATE', `${base} is not a folder of this user alone`);
}

async function removeLeftovers(base: string): Promise<void> {
  for (const name of entries(base)) {
    const folder = join(base, name);
    const dead = name.startsWith(freshPrefix) ? isOld(folder) : !(await answers(controlSocket(folder)));
    if (dead) rmSync(folder, { recursive: true, force: true });
  }
}

function entries(base: string): string[] {
  return existsSync(base) ? readdirSync(base) : [];
}

function readInfo(folder: string): LabInfo | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'lab.json'), 'utf8')) as LabInfo;
  } catch {
    return undefined;
  }
}

/** A folder without a name yet may be one that is being made at this moment. */
function isOld(folder: string): boolean {
  try {
    return Date.now() - lstatSync(folder).mtimeMs > startMs;
  } catch {
    return false;
  }
}

/** Whether a process listens there, however busy: the kernel takes the connection. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.on('connect', () => {
      resolve(true);
      connection.destroy();
    });
    // A full queue (EAGAIN) is a sign of life; only "nobody is there" is not.
    connection.on('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT' && code !== 'ENOTDIR'),
    );
  });
}
