import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseIdentifier } from './choose.ts';
import { type AnswerSample, formatIdentifier, identifyIn, parseIdentifier } from './identify.ts';

/** 24 answers of `backends` backends in turn. */
function answers(backends: number, of: (backend: number, call: number) => Partial<AnswerSample>): AnswerSample[] {
  return Array.from({ length: 24 }, (_, call) => ({
    ...{ peer: '10.0.0.1:80', headers: {}, trailers: {}, fields: {} },
    ...of(call % backends, call),
  }));
}
const chosen = (samples: readonly AnswerSample[]): string => formatIdentifier(chooseIdentifier(samples).identifier);

test('a name that is said for the purpose wins, wherever it stands', () => {
  assert.equal(
    chosen(answers(3, (n) => ({ headers: { 'x-served-by': `b${n}`, 'x-other': 'c' } }))),
    'header:x-served-by',
  );
  assert.equal(chosen(answers(3, (n) => ({ trailers: { 'pod-name': `b${n}` } }))), 'trailer:pod-name');
  assert.equal(chosen(answers(3, (n) => ({ fields: { 'response.hostname': `b${n}` } }))), 'field:response.hostname');
  assert.equal(chosen(answers(3, (n) => ({ fields: { 'pod.name': `b${n}`, 'user.name': 'c' } }))), 'field:pod.name');
  assert.equal(chosen(answers(3, (n) => ({ fields: { 'k8s.pod.uid': `b${n}` } }))), 'field:k8s.pod.uid');
});

test('it tells backends apart behind one proxy and behind several', () => {
  const behind = (proxies: number) => (n: number, call: number) => ({
    peer: `10.0.0.${call % proxies}:80`,
    headers: { 'x-pod-name': `b${n}` },
  });
  assert.equal(chosen(answers(3, behind(1))), 'header:x-pod-name');
  assert.equal(chosen(answers(3, behind(4))), 'header:x-pod-name');
});

test('three backends with one host name between them are told apart by their addresses', () => {
  assert.equal(chosen(answers(3, (n) => ({ peer: `10.0.0.${n}:80`, fields: { hostname: 'same' } }))), 'peer');
});

test('without anything that says so it is the peer', () => {
  assert.equal(
    chosen(answers(3, (n) => ({ peer: `10.0.0.${n}:80`, headers: { server: 'nginx', via: `${n}` } }))),
    'peer',
  );
});

test('what names calls instead of backends is no identifier', () => {
  const noise = (_: number, call: number) => ({
    headers: {
      'x-request-id': `r${call}`,
      'x-node-request': `${call}`,
      'x-upstream-service-time': `${call % 3}`,
      date: `${call % 4}`,
    },
  });
  assert.equal(chosen(answers(3, noise)), 'peer');
});

test('what only some answers have is none', () => {
  assert.equal(chosen(answers(2, (n) => (n === 0 ? { headers: { 'x-pod': 'b' } } : {}))), 'peer');
});

test('a pinned client still gets the name', () => {
  assert.equal(chosen(answers(1, () => ({ headers: { 'evenkeel-pod': 'b' } }))), 'header:evenkeel-pod');
});

test('--identify is read and refused', () => {
  assert.equal(parseIdentifier('auto'), undefined);
  assert.deepEqual(parseIdentifier('header:X-Pod'), { from: 'header', name: 'x-pod' });
  assert.deepEqual(parseIdentifier('field:a.b'), { from: 'field', name: 'a.b' });
  assert.throws(() => parseIdentifier('pod'), { code: 'EK_USAGE', location: { field: '--identify' } });
});

test('what every object has is in no answer', () => {
  const [answer] = answers(1, () => ({ lines: {} }));
  for (const from of ['header', 'trailer', 'field', 'line']) {
    for (const name of ['constructor', '__proto__', 'tostring']) {
      assert.equal(identifyIn(parseIdentifier(`${from}:${name}`)!, answer!), undefined, `${from}:${name}`);
    }
  }
});
