/** PING frames that wait for their answer. */
export class Pings {
  #waiting: Map<number, () => void> | undefined;
  #last = 0;

  /** The payload of the next PING: eight bytes. */
  next(answered: () => void): Buffer {
    this.#last += 1;
    this.#waiting ??= new Map();
    this.#waiting.set(this.#last, answered);
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(this.#last, 4);
    return payload;
  }

  /** An answer has come; one to a PING that nobody sent says nothing. */
  answered(payload: Buffer): void {
    const id = payload.readUInt32BE(0) === 0 ? payload.readUInt32BE(4) : 0;
    const answered = this.#waiting?.get(id);
    this.#waiting?.delete(id);
    answered?.();
  }
}
