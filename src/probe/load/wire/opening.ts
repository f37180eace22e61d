import {
  clientPreface,
  defaultWindowSize,
  largestWindowSize,
  settingId,
  settingsFrame,
  windowUpdateFrame,
} from '@evenkeel/xds/http2';
import { maxHeaderListBytes } from './headers.ts';
import { streamWindowBytes } from './stream.ts';

/** What a connection begins with (RFC 9113, 3.4): no table for headers, no push, and windows larger than any answer. */
export const opening: Buffer = Buffer.concat([
  clientPreface,
  settingsFrame([
    [settingId.headerTableSize, 0],
    [settingId.enablePush, 0],
    [settingId.initialWindowSize, streamWindowBytes],
    [settingId.maxHeaderListSize, maxHeaderListBytes],
  ]),
  windowUpdateFrame(0, largestWindowSize - defaultWindowSize),
]);
