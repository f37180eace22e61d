import type { WireCall } from './call.ts';
import { Response } from './response.ts';
import { ReceiveWindow, SendWindow } from './windows.ts';

/** Of a stream: more than any message that is taken. */
export const streamWindowBytes = 8 * 1024 * 1024;

/** One attempt of a call on one connection. */
export class WireStream {
  readonly id: number;
  readonly call: WireCall;
  readonly response: Response;
  readonly received: ReceiveWindow = new ReceiveWindow(streamWindowBytes);

  constructor(id: number, call: WireCall) {
    this.id = id;
    this.call = call;
    this.response = new Response(call.expectation);
  }
}

/** A request whose DATA could not be sent at once. */
export class Upload {
  readonly streamId: number;
  readonly window: SendWindow;
  /** Bytes that were sent. */
  at = 0;

  constructor(streamId: number, initialWindow: number) {
    this.streamId = streamId;
    this.window = new SendWindow(initialWindow);
  }
}
