import { ConnectionError } from './fault.ts';
import { protocolError } from './payload.ts';
import {
  defaultMaxFrameSize,
  defaultWindowSize,
  errorCode,
  largestMaxFrameSize,
  largestWindowSize,
  settingId,
} from './protocol.ts';

/** RFC 7541: the size of the table that both sides begin with. */
const defaultTableSize = 4_096;
const entryLength = 6;

/** What the peer has said in SETTINGS (RFC 9113, 6.5), as far as it has to be heeded. */
export class PeerSettings {
  #initialWindowSize = defaultWindowSize;
  #maxFrameSize = defaultMaxFrameSize;
  #maxConcurrentStreams = Number.POSITIVE_INFINITY;
  #tableShrink: 'no' | 'due' | 'said' = 'no';

  get initialWindowSize(): number {
    return this.#initialWindowSize;
  }

  get maxFrameSize(): number {
    return this.#maxFrameSize;
  }

  /** How many streams may be open at once; initially there is no limit. */
  get maxConcurrentStreams(): number {
    return this.#maxConcurrentStreams;
  }

  /** True once, where the peer offers a smaller header table than the default: the next header block has to say so. */
  takeTableShrink(): boolean {
    if (this.#tableShrink !== 'due') return false;
    this.#tableShrink = 'said';
    return true;
  }

  /**
   * Takes the payload of a SETTINGS frame, a multiple of six bytes.
   *
   * @throws ConnectionError for values that are not allowed
   */
  apply(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += entryLength) {
      this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    }
  }

  #set(id: number, value: number): void {
    switch (id) {
      case settingId.headerTableSize:
        if (value < defaultTableSize && this.#tableShrink === 'no') this.#tableShrink = 'due';
        return;
      case settingId.enablePush:
        if (value > 1) throw protocolError(`SETTINGS_ENABLE_PUSH of ${value}`);
        return;
      case settingId.maxConcurrentStreams:
        this.#maxConcurrentStreams = value;
        return;
      case settingId.initialWindowSize:
        if (value > largestWindowSize) {
          throw new ConnectionError(errorCode.flowControlError, 'flow-control', `an initial window of ${value}`);
        }
        this.#initialWindowSize = value;
        return;
      case settingId.maxFrameSize:
        if (value < defaultMaxFrameSize || value > largestMaxFrameSize) {
          throw protocolError(`SETTINGS_MAX_FRAME_SIZE of ${value}`);
        }
        this.#maxFrameSize = value;
        return;
      // "An endpoint that receives a SETTINGS frame with any unknown or unsupported identifier MUST ignore that setting."
      default:
    }
  }
}
