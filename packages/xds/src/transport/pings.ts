import { randomBytes } from 'node:crypto';

/** PING frames that wait for their answer. */
export class Pings {
  #waiting: Map<string, () => void> | undefined;

  /** The payload of the next PING: eight bytes by chance, so that nobody can answer who does not read. */
  next(answered: () => void): Buffer {
    const payload = randomBytes(8);
    this.#waiting ??= new Map();
    this.#waiting.set(payload.toString('latin1'), answered);
    return payload;
  }

  /** An answer has come; one to a PING that nobody sent says nothing. */
  answered(payload: Buffer): void {
    const key = payload.toString('latin1');
    const answered = this.#waiting?.get(key);
    this.#waiting?.delete(key);
    answered?.();
  }
}
