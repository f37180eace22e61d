import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type ErrorCodeName, errorCodes } from '../../base/error-codes.ts';
import { type ErrorDetails, EvenkeelError } from '../../base/errors.ts';
import { controlSocket, runningLabs } from '../state-dir.ts';
import type { LabRequestName, LabRequests } from './protocol.ts';

/** A running lab, as seen from another process. */
export class LabClient {
  readonly #id: string;
  readonly #socket: string;

  constructor(id: string, socket: string) {
    this.#id = id;
    this.#socket = socket;
  }

  /**
   * @param signal - ends the wait for an answer
   * @throws EvenkeelError what the lab answered, or `EK_LAB_STOPPED` where it went before it answered
   */
  async ask<Name extends LabRequestName>(
    name: Name,
    ask: LabRequests[Name]['ask'],
    signal?: AbortSignal,
  ): Promise<LabRequests[Name]['answer']> {
    const { status, body } = await post(this.#socket, `/${name}`, JSON.stringify(ask), signal).catch(
      (cause: unknown) => {
        throw new EvenkeelError('EK_LAB_STOPPED', `the lab ${this.#id} did not answer`, { cause });
      },
    );
    const answer = JSON.parse(body) as LabRequests[Name]['answer'] & { error?: ErrorDetails & ReportedError };
    if (status === 200) return answer;
    const { code, message, ...details } = answer.error ?? { code: 'EK_INTERNAL', message: `status ${status}` };
    throw new EvenkeelError(code in errorCodes ? (code as ErrorCodeName) : 'EK_INTERNAL', message, details);
  }

  /** Resolves once nothing is left of a lab that was asked to go. @throws EvenkeelError `EK_LAB_STOPPED` after 10 s */
  async gone(): Promise<void> {
    const folder = dirname(this.#socket);
    for (let tried = 0; existsSync(folder); tried++) {
      if (tried === 500) throw new EvenkeelError('EK_LAB_STOPPED', `the lab ${this.#id} left ${folder} behind`);
      await setTimeout(20);
    }
  }
}

interface ReportedError {
  readonly code: string;
  readonly message: string;
}

/**
 * The lab with this id, or the only one.
 *
 * @throws EvenkeelError `EK_LAB_NOT_FOUND`, `EK_LAB_AMBIGUOUS`
 */
export async function findLab(id: string | undefined): Promise<LabClient> {
  const labs = await runningLabs();
  const ids = labs.map(({ info }) => info.id).join(', ');
  if (id !== undefined) {
    const lab = labs.find(({ info }) => info.id === id);
    if (lab !== undefined) return new LabClient(lab.info.id, lab.socket);
    const running = labs.length === 0 ? 'no lab is running' : `running: ${ids}`;
    throw new EvenkeelError('EK_LAB_NOT_FOUND', `there is no lab "${id}"; ${running}`, { field: '--id' });
  }
  const [only, ...others] = labs;
  if (only === undefined) throw new EvenkeelError('EK_LAB_NOT_FOUND', 'no lab is running');
  if (others.length > 0)
    throw new EvenkeelError('EK_LAB_AMBIGUOUS', `${labs.length} labs are running: ${ids}`, { field: '--id' });
  return new LabClient(only.info.id, only.socket);
}

/** The lab whose folder this is. */
export function labIn(folder: string): LabClient {
  // Behind the id it has what makes its path unique.
  return new LabClient(basename(folder).replace(/\.\w+$/, ''), controlSocket(folder));
}

function post(
  socketPath: string,
  path: string,
  body: string,
  signal: AbortSignal | undefined,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath, path, method: 'POST', headers: { 'content-type': 'application/json' }, signal },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}
