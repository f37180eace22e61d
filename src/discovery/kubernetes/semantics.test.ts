// docs/kubernetes.md says condition by condition which pods get calls; here every row of its tables is run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { defaultPort } from '../../model/service-port.ts';
import { usableEndpoints } from '../../model/usable-endpoints.ts';
import { readService } from './kube-service.ts';
import { readSlice } from './kube-slice.ts';
import { portsOf } from './service-of.ts';
import { type SliceEndpoint, serviceObject, sliceObject } from './testing/objects.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/kubernetes.md'), 'utf8');

/** The cells of a table's rows, by the beginning of its head. */
function rowsOf(head: string): string[][] {
  const begin = page.indexOf(`| ${head} |`);
  assert.ok(begin >= 0, `docs/kubernetes.md has no table that begins with "${head}"`);
  const lines = page.slice(begin, page.indexOf('\n\n', begin)).split('\n').slice(2);
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const spans = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);

/** `POD=ADDRESS CONDITION…`, where POD may be missing or `@HOSTNAME`. */
function endpointOf(text: string): SliceEndpoint {
  const [place = '', ...said] = text.split(' ');
  const [address = '', who = ''] = place.split('=').reverse();
  const conditions = Object.fromEntries(said.map((word) => [word.replace('!', ''), !word.startsWith('!')]));
  if (who.startsWith('@')) return { address, hostname: who.slice(1), nodeName: 'node-1', ...conditions };
  return { address, ...(who === '' ? {} : { pod: who }), ...conditions };
}

const rows = rowsOf('what | EndpointSlices | Service | calls go to');

for (const [what = '', slices = '', spec = '', expected = ''] of rows) {
  test(`docs/kubernetes.md: ${what}`, () => {
    const versioned = (object: { metadata: object }, version: number) => ({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(version) },
    });
    const service = serviceObject('shop/a', { ...(spec === '' ? {} : parse(`{${spans(spec)[0]}}`)) });
    const read = spans(slices).map((text, index) => {
      const endpoints = text.startsWith('IPv') ? [] : text.split(', ').map(endpointOf);
      const family = endpoints.length === 0 ? text : endpoints[0]!.address.includes(':') ? 'IPv6' : 'IPv4';
      // As the controller writes one where no pod has such an address: without endpoints, and without ports.
      const placeholder = endpoints.length === 0 ? { endpoints: null, ports: null } : {};
      const object = sliceObject('shop/a', `x${index}`, endpoints, { addressType: family, ...placeholder });
      return readSlice(versioned(object, index + 1))!;
    });
    for (const order of [read, read.toReversed()]) {
      const [port] = portsOf(readService(versioned(service, 1))!, order).ports;
      const found = usableEndpoints(port!.endpoints).endpoints.map(({ address }) => address);
      assert.deepEqual(found, expected === 'nobody' ? [] : spans(expected));
    }
  });
}

for (const [ports = '', expected] of rowsOf('ports, as `NAME[=APPPROTOCOL]:PORT` | `xds:///orders` means')) {
  test(`docs/kubernetes.md: of the ports ${ports} a target without one means ${expected}`, () => {
    const told = spans(ports).map((text) => {
      const [, name, appProtocol, number] = /^([^=:]*)(?:=([^:]+))?:(\d+)$/.exec(text)!;
      return { name, port: Number(number), protocol: 'TCP', ...(appProtocol === undefined ? {} : { appProtocol }) };
    });
    const object = serviceObject('shop/orders', { ports: told });
    const service = readService({ ...object, metadata: { ...object.metadata, resourceVersion: '1' } })!;
    const chosen = defaultPort(portsOf(service, []));
    assert.equal('reason' in chosen ? chosen.reason : String(chosen.port), expected);
  });
}

test('the table of conditions has a row for everything that it is read for', () => {
  const text = rows.flat().join(' ');
  const needed = [
    'ready',
    'serving',
    'terminating',
    'no conditions',
    'publishNotReadyAddresses',
    'ipFamilies',
    'placeholder',
  ];
  for (const word of [...needed, 'two pods on one address', 'several slices', 'mirrored', 'targetRef'])
    assert.ok(text.includes(word), word);
});
