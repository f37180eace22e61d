import { dataFrameHeader, defaultMaxFrameSize } from '@evenkeel/xds/http2';
import type { Outbox } from './outbox.ts';
import { Upload } from './stream.ts';
import type { SendWindow } from './windows.ts';

/** Requests that wait for windows, or for the socket; they are cut into DATA frames as these allow. */
export class Uploads {
  readonly #body: Buffer;
  readonly #connectionWindow: SendWindow;
  readonly #outbox: Outbox;
  readonly #open = new Map<number, Upload>();

  constructor(body: Buffer, connectionWindow: SendWindow, outbox: Outbox) {
    this.#body = body;
    this.#connectionWindow = connectionWindow;
    this.#outbox = outbox;
  }

  get size(): number {
    return this.#open.size;
  }

  begin(streamId: number, initialWindow: number): void {
    const upload = new Upload(streamId, initialWindow);
    this.#open.set(streamId, upload);
    this.#send(upload);
  }

  /** @returns whether something of it had not been sent */
  drop(streamId: number): boolean {
    return this.#open.delete(streamId);
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
    while (this.#outbox.takesMore) {
      const left = this.#body.length - upload.at;
      const length = Math.min(left, defaultMaxFrameSize, upload.window.size, this.#connectionWindow.size);
      if (length <= 0) return;
      const isLast = length === left;
      this.#outbox.write(dataFrameHeader(upload.streamId, length, isLast));
      this.#outbox.write(this.#body.subarray(upload.at, upload.at + length));
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
