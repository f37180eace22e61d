import { ConnectionError } from './fault.ts';
import { defaultMaxFrameSize, errorCode, frameHeaderLength } from './protocol.ts';

/** Takes frames. `payload` is valid during the call only. */
export interface FrameSink {
  /** Whether what follows has to wait. */
  readonly isFull?: boolean;
  frame(type: number, flags: number, streamId: number, payload: Buffer): void;
}

const nothing = Buffer.alloc(0);

/** Cuts what a peer sends into frames (RFC 9113, 4.1), after the preface that a client sends first (3.4). */
export class FrameReader {
  readonly #preface: Buffer;
  #prefaceRead = 0;
  /** A frame that has begun and not ended: its header, then with room for all of it. */
  #partial = nothing;
  #length = 0;

  /** @param preface - what has to come before the first frame; a server's preface is a frame itself, so there it is empty */
  constructor(preface: Buffer = nothing) {
    this.#preface = preface;
  }

  /** Whether the preface has come. */
  get hasPreface(): boolean {
    return this.#prefaceRead === this.#preface.length;
  }

  /** Bytes that are held of a frame that has not ended. */
  get heldBytes(): number {
    return this.#partial.length;
  }

  /**
   * Takes a chunk, or of a sink that becomes full a part of it: one frame at least.
   *
   * @returns how many bytes were taken
   * @throws ConnectionError where it is no HTTP/2, or a frame is longer than 16 KiB, which is all that is ever offered
   */
  read(chunk: Buffer, sink: FrameSink): number {
    let at = this.hasPreface ? 0 : this.#readPreface(chunk);
    while (at < chunk.length) {
      if (this.#length === 0 && chunk.length - at >= frameHeaderLength) {
        const end = at + frameHeaderLength + payloadLength(chunk, at);
        if (end <= chunk.length) {
          emit(chunk, at, end, sink);
          at = end;
          if (at < chunk.length && sink.isFull) return at;
          continue;
        }
      }
      at = this.#gather(chunk, at, sink);
      if (at < chunk.length && sink.isFull) return at;
    }
    return at;
  }

  #readPreface(chunk: Buffer): number {
    const taken = Math.min(this.#preface.length - this.#prefaceRead, chunk.length);
    const expected = this.#preface.subarray(this.#prefaceRead, this.#prefaceRead + taken);
    if (expected.compare(chunk, 0, taken) !== 0) {
      throw new ConnectionError(errorCode.protocolError, 'preface', 'not an HTTP/2 client: the preface is missing');
    }
    this.#prefaceRead += taken;
    return taken;
  }

  /** Takes what is missing of the header, or of the payload, of one frame. */
  #gather(chunk: Buffer, at: number, sink: FrameSink): number {
    if (this.#length === 0) this.#partial = Buffer.allocUnsafeSlow(frameHeaderLength);
    const end = Math.min(at + this.#partial.length - this.#length, chunk.length);
    this.#partial.set(chunk.subarray(at, end), this.#length);
    this.#length += end - at;
    if (this.#length === frameHeaderLength && this.#partial.length === frameHeaderLength) {
      const whole = Buffer.allocUnsafeSlow(frameHeaderLength + payloadLength(this.#partial, 0));
      whole.set(this.#partial);
      this.#partial = whole;
    }
    if (this.#length === this.#partial.length) {
      const frame = this.#partial;
      this.#partial = nothing;
      this.#length = 0;
      emit(frame, 0, frame.length, sink);
    }
    return end;
  }
}

function payloadLength(bytes: Buffer, at: number): number {
  const length = bytes.readUIntBE(at, 3);
  if (length > defaultMaxFrameSize) {
    throw new ConnectionError(errorCode.frameSizeError, 'frame-size', `a frame of ${length} bytes`);
  }
  return length;
}

function emit(bytes: Buffer, at: number, end: number, sink: FrameSink): void {
  const streamId = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
  sink.frame(bytes[at + 3]!, bytes[at + 4]!, streamId, bytes.subarray(at + frameHeaderLength, end));
}
