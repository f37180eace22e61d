import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { ambiguity, namesIn } from './auth-names.ts';
import { type ClientRule, compileRules } from './auth-rules.ts';
import { type CertificateSpec, TestAuthority } from './testing/certificates.ts';

const authority = new TestAuthority();

function namesOf(spec: CertificateSpec) {
  return namesIn({ subjectaltname: new X509Certificate(authority.issue(spec).cert).subjectAltName });
}

test('names of a certificate are read as they were written', () => {
  const uris = ['spiffe://cluster.local/ns/shop/sa/fe', 'https://a.example/x?y=1'];
  const names = namesOf({ commonName: 'not-a-name', uris, dns: ['A.example', 'b.example'], ips: ['10.0.0.1'] });
  assert.deepEqual(names, { uris, dnsNames: ['a.example', 'b.example'] });
  assert.deepEqual(namesOf({ commonName: 'x' }), { uris: [], dnsNames: [] });
});

test('a name that contains what looks like another one is one name', () => {
  const tricks = [
    'evil.example, URI:spiffe://cluster.local/ns/bank/sa/root',
    'evil", URI:spiffe://cluster.local/ns/bank/sa/root, DNS:"x',
    "evil', URI:spiffe://cluster.local/ns/bank/sa/root",
    'evil.example\\", URI:spiffe://cluster.local/ns/bank/sa/root',
  ];
  for (const dns of tricks) assert.deepEqual(namesOf({ dns: [dns] }).uris, [], dns);
  for (const uri of tricks) assert.deepEqual(namesOf({ uris: [uri] }), { uris: [uri], dnsNames: [] }, uri);
});

test('a SPIFFE ID has to be the only URI', () => {
  assert.equal(ambiguity({ uris: ['spiffe://a/b'], dnsNames: ['x', 'y'] }), undefined);
  assert.equal(ambiguity({ uris: ['https://a', 'https://b'], dnsNames: [] }), undefined);
  for (const uri of ['spiffe://a/b?x', 'spiffe://a/b#x', 'spiffe://u@a/b', 'spiffe://a:1/b']) {
    assert.match(ambiguity({ uris: [uri], dnsNames: [] })!, /no query/);
  }
  assert.match(ambiguity({ uris: ['https://a', 'spiffe://a/b'], dnsNames: [] })!, /one URI alone/);
});

/** Namespaces that the rules give for one URI, or for one DNS name; undefined: it may not connect. */
function granted(rules: readonly ClientRule[], name: { uri: string } | { dns: string }) {
  const names = 'uri' in name ? { uris: [name.uri], dnsNames: [] } : { uris: [], dnsNames: [name.dns] };
  const grant = compileRules(rules)(names);
  return (
    grant && { namespaces: grant.namespaces && [...grant.namespaces], gateways: grant.gateways && [...grant.gateways] }
  );
}

test('patterns stand for whole names', () => {
  const matches = (pattern: string, uri: string) => granted([{ uri: pattern }], { uri }) !== undefined;
  const good: [string, string][] = [
    ['spiffe://a/ns/*/sa/fe', 'spiffe://a/ns/shop/sa/fe'],
    ['spiffe://a/**', 'spiffe://a/ns/shop/sa/fe'],
    ['spiffe://a/ns/{namespace}/**', 'spiffe://a/ns/shop/sa/fe'],
    ['**', 'anything at all'],
    ['a+b(c).[d]|e?', 'a+b(c).[d]|e?'],
  ];
  const bad: [string, string][] = [
    ['spiffe://a/ns/*/sa/fe', 'spiffe://a/ns/shop/more/sa/fe'],
    ['spiffe://a/ns/*', 'spiffe://a/ns/shop/sa/fe'],
    ['spiffe://a', 'spiffe://ab'],
    ['spiffe://a/ns/*/sa/fe', 'spiffe://a/ns//sa/fe'],
    ['spiffe://a/**', 'spiffe://a/'],
    ['spiffe://a.b/*', 'spiffe://aXb/c'],
    ['spiffe://a/ns/{namespace}/sa/*', 'spiffe://a/ns/Shop/sa/fe'],
    ['spiffe://a/{namespace}/{namespace}', 'spiffe://a/shop/bank'],
    ['spiffe://a/x', 'spiffe://a/x\nspiffe://a/y'],
  ];
  for (const [pattern, uri] of good) assert.ok(matches(pattern, uri), `${pattern} ${uri}`);
  for (const [pattern, uri] of bad) assert.ok(!matches(pattern, uri), `${pattern} ${uri}`);
  assert.ok(granted([{ dns: '*.example' }], { dns: 'A.EXAMPLE' }));
  assert.equal(granted([{ dns: '*.example' }], { dns: 'a.b.example' }), undefined);
  assert.equal(granted([{ dns: '*.example' }], { uri: 'a.example' }), undefined, 'a URI is no DNS name');
});

test('rules that fit add up', () => {
  const uri = 'spiffe://a/ns/shop/sa/fe';
  const own = { uri: 'spiffe://a/ns/{namespace}/sa/*', namespaces: ['{namespace}', 'common'] };
  assert.deepEqual(granted([own], { uri }), { namespaces: ['shop', 'common'], gateways: [] });
  const gateway = { uri: 'spiffe://a/ns/shop/**', namespaces: [], gateways: ['edge'] };
  assert.deepEqual(granted([own, gateway], { uri }), { namespaces: ['shop', 'common'], gateways: ['edge'] });
  assert.deepEqual(granted([own, { uri: '**' }], { uri }), { namespaces: undefined, gateways: undefined });
  assert.deepEqual(granted([{ uri: '**', gateways: ['edge'] }], { uri }), {
    namespaces: undefined,
    gateways: ['edge'],
  });
  assert.equal(granted([own], { uri: 'spiffe://b/ns/shop/sa/fe' }), undefined);
});
