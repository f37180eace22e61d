import { ConnectionError, errorCode } from '@evenkeel/xds/http2';
import type { Outbox } from './outbox.ts';

/** Answers to PING and SETTINGS that a server may make this side hold, which does not read them. */
const maxWaitingBytes = 64 * 1024;

/** What a server makes this side send. */
export class Replies {
  readonly #outbox: Outbox;
  #waitingBytes = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** @throws ConnectionError where the server asks for more and more and does not read it */
  write(bytes: Buffer): void {
    if (!this.#outbox.takesMore) this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > maxWaitingBytes) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'unread', 'it asks for answers and does not read them');
    }
    this.#outbox.write(bytes);
  }

  /** The server has read what waited. */
  drained(): void {
    this.#waitingBytes = 0;
  }
}
