import type { PeerSettings } from '../http2/peer-settings.ts';
import type { Counted } from './flood-guard.ts';
import type { Http2Limits } from './limits.ts';
import type { RequestHead } from './request-head.ts';
import type { Http2Stream } from './stream.ts';

/** What frames that come in do to their connection; `Http2Connection` is one. */
export interface InboundHost {
  readonly limits: Http2Limits;
  readonly client: PeerSettings;
  /** Streams that are open. */
  readonly streams: number;
  readonly takesStreams: boolean;
  stream(streamId: number): Http2Stream | undefined;
  open(streamId: number, head: RequestHead): Http2Stream;
  resetByClient(stream: Http2Stream): void;
  count(what: Counted): void;
  shookHands(): void;
  pinged(payload: Buffer): void;
  sendControl(bytes: Uint8Array): void;
  growSendWindow(by: number): boolean;
  moveStreamWindows(by: number): boolean;
}
