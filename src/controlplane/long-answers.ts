import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Answers that may be long, at once; one more ends the one that has been under way longest. */
const maxLongAnswers = 8;
/** Milliseconds after which a long answer that was not read is given up. */
const answerTimeoutMs = 30_000;

/**
 * Keeps answers that may be long few: each lies in memory until it has been read, and some read slowly on purpose. A socket
 * with such an answer keeps its place, the others do not.
 */
export class LongAnswers {
  readonly #underWay = new Set<Socket>();
  readonly #changed: (socket: Socket, isUnderWay: boolean) => void;
  readonly #timeoutMs: number;

  /** @param changed - told when an answer begins on a socket, and when it has ended */
  constructor(changed: (socket: Socket, isUnderWay: boolean) => void, timeoutMs: number = answerTimeoutMs) {
    this.#changed = changed;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * To be called before the answer is made.
   *
   * @returns whether it may be made: who asks for more before the answer is read loses the socket, as all of them would lie in memory
   */
  begin(socket: Socket, response: ServerResponse): boolean {
    if (socket.destroyed || this.#underWay.has(socket)) {
      socket.destroy();
      return false;
    }
    if (this.#underWay.size >= maxLongAnswers) this.#end(this.#underWay.values().next().value);
    this.#underWay.add(socket);
    this.#changed(socket, true);
    const timer = setTimeout(() => socket.destroy(), this.#timeoutMs).unref();
    response.once('close', () => {
      clearTimeout(timer);
      if (this.#underWay.delete(socket)) this.#changed(socket, false);
    });
    return true;
  }

  #end(slowest: Socket | undefined): void {
    if (slowest === undefined) return;
    this.#underWay.delete(slowest);
    this.#changed(slowest, false);
    slowest.destroy();
  }
}
