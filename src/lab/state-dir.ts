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
import { join } from 'node:path';
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

/** Longer than any lab takes from its folder to its socket. */
const startMs = 60_000;

/** Every lab of this user has a folder in here. */
export function labsFolder(): string {
  return join(tmpdir(), `evenkeel-lab-${userInfo().uid}`);
}

export function controlSocket(stateDir: string): string {
  return join(stateDir, 'control.sock');
}

/**
 * Makes the folder of a new lab and removes those of labs that are gone.
 *
 * @throws EvenkeelError `EK_LAB_STATE` if the place is not ours alone, `EK_LAB_ID_TAKEN` if a lab with this id runs
 */
export async function createStateDir(info: LabInfo): Promise<string> {
  const base = labsFolder();
  const folder = join(base, info.id);
  if (controlSocket(folder).length > maxSocketPath) {
    throw new EvenkeelError('EK_LAB_STATE', `the path ${controlSocket(folder)} is too long for a socket`, {
      hint: `Set TMPDIR to a shorter path, or choose a shorter --id; ${maxSocketPath} characters are the limit.`,
    });
  }
  await removeLeftovers(base);
  // Made complete under another name first: nobody ever sees the folder of a lab without knowing whose it is.
  const fresh = makeFresh(base);
  writeFileSync(join(fresh, 'lab.json'), JSON.stringify(info));
  try {
    renameSync(fresh, folder);
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    throw new EvenkeelError('EK_LAB_ID_TAKEN', `a lab with the id "${info.id}" is running`, {
      field: '--id',
      hint: `Choose another id, or end it: evenkeel lab down --id ${info.id}`,
      cause,
    });
  }
  return folder;
}

/** The labs of this user that answer. */
export async function runningLabs(): Promise<{ info: LabInfo; socket: string }[]> {
  const base = labsFolder();
  const found = await Promise.all(
    entries(base).map(async (name) => {
      const info = readInfo(join(base, name));
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
      return mkdtempSync(join(base, '.new-'));
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
    const info = readInfo(folder);
    if (info === undefined ? isOld(folder) : await isDead(folder, info))
      rmSync(folder, { recursive: true, force: true });
  }
}

/** A lab that begins has no socket yet; an hour later its process id may belong to another program. */
async function isDead(folder: string, { pid, startedAt }: LabInfo): Promise<boolean> {
  if (await answers(controlSocket(folder))) return false;
  return !isAlive(pid) || Date.now() - startedAt > startMs;
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

/** A folder without an owner may be one that is being made at this moment. */
function isOld(folder: string): boolean {
  try {
    return Date.now() - lstatSync(folder).mtimeMs > startMs;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.on('connect', () => {
      resolve(true);
      connection.destroy();
    });
    connection.on('error', () => resolve(false));
  });
}
