interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize: number;
}

/**
 * What a Node process holds that cannot be collected, asked by its inspector.
 *
 * V8 lets what has died lie until its heap has grown to a working size, which takes a control plane longer than a short
 * soak lasts. So resident memory rises at first whether anything is leaked or not; what is left after a collection does not.
 */
export class LiveHeap {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(String(data));
      const answer = this.#answers.get(id);
      this.#answers.delete(id);
      if (error === undefined) answer?.resolve(result);
      else answer?.reject(new Error(`the inspector refused: ${error.message}`));
    });
    socket.addEventListener('close', () => {
      for (const answer of this.#answers.values()) answer.reject(new Error('the inspector has gone'));
      this.#answers.clear();
    });
  }

  /** @param url - what Node prints where it is started with `--inspect` */
  static async connect(url: string): Promise<LiveHeap> {
    const socket = new WebSocket(url);
    const { promise, resolve, reject } = Promise.withResolvers<LiveHeap>();
    socket.addEventListener('open', () => resolve(new LiveHeap(socket)));
    socket.addEventListener('error', () => reject(new Error(`no inspector answers at ${url}`)));
    return promise;
  }

  /** Collects all that can be collected; objects and array buffers that are left. */
  async bytes(): Promise<number> {
    await this.#ask('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = (await this.#ask('Runtime.getHeapUsage')) as HeapUsage;
    return usedSize + backingStorageSize;
  }

  close(): void {
    this.#socket.close();
  }

  async #ask(method: string): Promise<unknown> {
    // What is sent to one that has gone is dropped without a word, and would be waited for for ever.
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error('the inspector has gone');
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method }));
    return answer.promise;
  }
}
