import { dataFrameHeader, defaultMaxFrameSize } from '@evenkeel/xds/http2';
import type { Outbox } from './outbox.ts';
import { type EncodedRequest, maxWholeBytes } from './request.ts';
import { Upload } from './stream.ts';
import type { SendWindow } from './windows.ts';

/**
 * Sends requests: at once where the windows allow the whole of one; otherwise it waits for windows, or for the socket, and is
 * cut into DATA frames as these allow.
 */
export class Uploads {
  readonly #request: EncodedRequest;
  readonly #connectionWindow: SendWindow;
  readonly #outbox: Outbox;
  readonly #open = new Map<number, Upload>();

  constructor(request: EncodedRequest, connectionWindow: SendWindow, outbox: Outbox) {
    this.#request = request;
    this.#connectionWindow = connectionWindow;
    this.#outbox = outbox;
  }

  /** @param initialWindow - of a new stream, as the server has set it */
  begin(streamId: number, initialWindow: number): void {
    const { whole, head, body } = this.#request;
    const fits =
      body.length <= maxWholeBytes &&
      this.#open.size === 0 &&
      body.length <= this.#connectionWindow.size &&
      body.length <= initialWindow;
    if (fits || body.length === 0) {
      this.#connectionWindow.take(body.length);
      this.#outbox.begin(whole, streamId);
      return;
    }
    this.#outbox.begin(head, streamId);
    const upload = new Upload(streamId, initialWindow);
    this.#open.set(streamId, upload);
    this.#send(upload);
  }

  /** @returns whether something of it had not been sent */
  drop(streamId: number): boolean {
    return this.#open.size > 0 && this.#open.delete(streamId);
  }

  /** @throws ConnectionError for a window beyond 2^31-1 */
  grow(streamId: number, by: number): void {
    const upload = this.#open.get(streamId);
    if (upload === undefined) return;
    upload.window.move(by);
    this.#send(upload);
  }

  /**
   * SETTINGS_INITIAL_WINDOW_SIZE has changed (RFC 9113, 6.9.2).
   *
   * @throws ConnectionError for a window beyond 2^31-1
   */
  moveAll(by: number): void {
    for (const { window } of this.#open.values()) window.move(by);
    this.resume();
  }

  /** The connection's window has grown, or the socket takes more. */
  resume(): void {
    for (const upload of this.#open.values()) this.#send(upload);
  }

  #send(upload: Upload): void {
    const { body } = this.#request;
    while (this.#outbox.takesMore) {
      const left = body.length - upload.at;
      const length = Math.min(left, defaultMaxFrameSize, upload.window.size, this.#connectionWindow.size);
      if (length <= 0) return;
      const isLast = length === left;
      this.#outbox.write(dataFrameHeader(upload.streamId, length, isLast));
      this.#outbox.write(body.subarray(upload.at, upload.at + length));
      upload.at += length;
      upload.window.take(length);
      this.#connectionWindow.take(length);
      if (isLast) {
        this.#open.delete(upload.streamId);
        return;
      }
    }
  }
}
