import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionError } from './fault.ts';
import { type HeaderField, HpackDecoder } from './hpack-decoder.ts';
import { encodeHeaders } from './hpack-encoder.ts';

const noLimit = Number.POSITIVE_INFINITY;

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** Blocks of one connection, one after the other. */
function decodeAll(...blocks: string[]): (HeaderField[] | undefined)[] {
  const decoder = new HpackDecoder();
  return blocks.map((block) => decoder.decode(bytes(block), noLimit));
}

const get: HeaderField[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
];
const requests: HeaderField[][] = [
  get,
  [...get, ['cache-control', 'no-cache']],
  [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ],
];
const responses: HeaderField[][] = [
  [
    [':status', '302'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ],
  [
    [':status', '307'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ],
  [
    [':status', '200'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
    ['location', 'https://www.example.com'],
    ['content-encoding', 'gzip'],
    ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
  ],
];
/** The examples of responses are for a table of 256 bytes. */
const tableOf256 = '3fe101';

test('RFC 7541, C.2: literals and an index', () => {
  assert.deepEqual(decodeAll('400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'), [
    [['custom-key', 'custom-header']],
  ]);
  assert.deepEqual(decodeAll('040c 2f73 616d 706c 652f 7061 7468'), [[[':path', '/sample/path']]]);
  assert.deepEqual(decodeAll('1008 7061 7373 776f 7264 0673 6563 7265 74'), [[['password', 'secret']]]);
  assert.deepEqual(decodeAll('82'), [[[':method', 'GET']]]);
});

test('RFC 7541, C.3: requests without Huffman coding', () => {
  const decoded = decodeAll(
    '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
    '8286 84be 5808 6e6f 2d63 6163 6865',
    '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
  );
  assert.deepEqual(decoded, requests);
});

test('RFC 7541, C.4: requests with Huffman coding', () => {
  const decoded = decodeAll(
    '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
    '8286 84be 5886 a8eb 1064 9cbf',
    '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
  );
  assert.deepEqual(decoded, requests);
});

test('RFC 7541, C.5: responses without Huffman coding, entries fall out of the table', () => {
  const decoded = decodeAll(
    `${tableOf256} 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
     3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`.replaceAll('\n', ''),
    '4803 3330 37c1 c0bf',
    `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d
     4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572
     7369 6f6e 3d31`.replaceAll('\n', ''),
  );
  assert.deepEqual(decoded, responses);
});

test('RFC 7541, C.6: responses with Huffman coding, entries fall out of the table', () => {
  const decoded = decodeAll(
    `${tableOf256} 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
     1718 63c7 8f0b 97c8 e9ae 82ae 43d3`.replaceAll('\n', ''),
    '4883 640e ffc1 c0bf',
    `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf
     cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`.replaceAll('\n', ''),
  );
  assert.deepEqual(decoded, responses);
});

test('what is no HPACK is the end of the connection', () => {
  const malformed = {
    'the index 0': '80',
    'an index beyond both tables': 'be',
    'a string that is cut short': '400a 6375',
    'a length that is cut short': '40',
    'an integer without end': 'ff ffff ffff ffff',
    'a table larger than was offered': '3fe2 1f',
    'a table size update after a field': '82 20',
    'the end of the string in a string': '4084 ffff fffc 00',
    'padding of eight bits': '4082 1fff 00',
    'padding of zeros': '4081 00 00',
  };
  for (const [what, block] of Object.entries(malformed)) {
    assert.throws(() => decodeAll(block), { name: 'ConnectionError', reason: 'compression', code: 9 }, what);
  }
});

test('headers that are too large are not kept, and the table goes on', () => {
  const decoder = new HpackDecoder();
  const block = bytes('8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d');
  assert.equal(decoder.decode(block, 100), undefined);
  assert.deepEqual(decoder.decode(bytes('be'), 100), [[':authority', 'www.example.com']]);
});

test('an entry larger than the table empties it', () => {
  const decoder = new HpackDecoder();
  decoder.decode(Buffer.concat([bytes(tableOf256), bytes('4001 6101 62')]), noLimit);
  const large = Buffer.concat([bytes('4001 61 7f81 01'), Buffer.alloc(256, 'x')]);
  assert.deepEqual(decoder.decode(large, noLimit), [['a', 'x'.repeat(256)]]);
  assert.throws(() => decoder.decode(bytes('be'), noLimit), ConnectionError);
});

test('what the encoder writes is read again, and leaves the table alone', () => {
  const headers = {
    ':status': '200',
    'content-type': 'application/grpc',
    'grpc-message': `100%25 ${'x'.repeat(500)}`,
    'x-other': '',
  };
  for (const shrinkTable of [true, false]) {
    const decoder = new HpackDecoder();
    assert.deepEqual(
      decoder.decode(encodeHeaders(Object.entries(headers), shrinkTable), noLimit),
      Object.entries(headers),
    );
    assert.throws(() => decoder.decode(bytes('be'), noLimit), ConnectionError);
  }
});
