import { type AnswerSample, type Identifier, identifyIn } from './identify.ts';

/** Names that are said for this purpose; without `-`, `_`, `.` and in lower case. */
const telling = new Set(
  [
    'evenkeelpod',
    'xpodname',
    'podname',
    'pod',
    'xpod',
    'hostname',
    'xhostname',
    'xservedby',
    'servedby',
    'xbackend',
  ].concat(
    [
      'backend',
      'backendname',
      'xbackendserver',
      'xserverid',
      'serverid',
      'servername',
      'xinstanceid',
      'instanceid',
      'instance',
    ],
    [
      'xupstream',
      'xupstreamaddr',
      'upstreamaddr',
      'xnode',
      'nodename',
      'serveraddress',
      'serverhostname',
      'workername',
    ],
  ),
);
/** Names that look like one. */
const hinting = /pod|host|serv|backend|instance|upstream|node|replica|worker|shard/;
/** Names of things that differ from call to call, or are the same everywhere, whatever they look like. */
const misleading =
  /^(server|via|date|host|age|etag)$|time|duration|trace|span|request|length|type|encoding|accept|cookie/;

interface Candidate {
  readonly identifier: Identifier;
  readonly distinct: number;
  readonly rank: number;
}

/**
 * Finds by itself what tells backends apart, from some answers; pure.
 *
 * A candidate is in every answer and repeats: what is new in every answer names calls, not backends. Of those the first of
 * these is taken: a name that is said for the purpose (`evenkeel-pod`, `hostname`, `x-served-by`) with two values or more;
 * peers, where there are several; a name that looks like it, with two values or more; a name that is said for the purpose
 * and has the same value everywhere; the peer.
 */
export function chooseIdentifier(samples: readonly AnswerSample[]): Identifier {
  const peers = new Set(samples.map(({ peer }) => peer)).size;
  const candidates = [...candidatesIn(samples)].toSorted((a, b) => a.rank - b.rank || b.distinct - a.distinct);
  const told = candidates.find(({ rank, distinct }) => rank === 0 && distinct > 1);
  if (told !== undefined) return told.identifier;
  if (peers > 1) return { from: 'peer' };
  const hinted = candidates.find(({ distinct }) => distinct > 1);
  return hinted?.identifier ?? candidates.find(({ rank }) => rank === 0)?.identifier ?? { from: 'peer' };
}

function* candidatesIn(samples: readonly AnswerSample[]): Generator<Candidate> {
  const first = samples[0];
  if (first === undefined) return;
  for (const [from, names] of [
    ['header', Object.keys(first.headers)],
    ['trailer', Object.keys(first.trailers)],
    ['field', Object.keys(first.fields)],
  ] as const) {
    for (const name of names) {
      const bare = (name.split('.').at(-1) ?? name).toLowerCase();
      const plain = bare.replaceAll(/[-_]/g, '');
      const rank = telling.has(plain) ? 0 : hinting.test(bare) ? 1 : 2;
      if (rank > 1 || (rank === 1 && misleading.test(bare))) continue;
      const values = samples.map((sample) => identifyIn({ from, name }, sample));
      if (values.some((value) => value === undefined || value === '')) continue;
      const distinct = new Set(values).size;
      if (samples.length > 1 && distinct === samples.length && samples.length > 8) continue;
      yield { identifier: { from, name }, distinct, rank };
    }
  }
}
