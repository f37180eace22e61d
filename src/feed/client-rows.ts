import { printable } from '../base/printable.ts';
import type { FeedClient } from './feed-source.ts';
import type { ClientRow, ClientState, ClientTypePart } from './rows.ts';

type TypeStatus = FeedClient['status']['types'][number];

/** A client that has not answered for so long is waited for. */
const slowAnswerMs = 5_000;
const textLength = 300;

const languages: readonly (readonly [prefix: string, language: string])[] = [
  ['gRPC Go', 'Go'],
  ['gRPC Java', 'Java'],
  ['gRPC C-core', 'C-core'],
  ['gRPC Node', 'Node'],
  ['envoy', 'Envoy'],
];

/** A client as a row. What it says of itself is bounded, and nothing in it hides or runs backwards. Pure. */
export function clientRow({ status, ...where }: FeedClient, labelOf: (typeUrl: string) => string): ClientRow {
  const { id, node, peer, variant, types, hidden } = status;
  const found = types.flatMap((type) => findings(type, labelOf(type.typeUrl)));
  if (hidden.length > 0) {
    found.push({
      state: 'missing',
      text: `asked for ${hidden.length} names that no rule of xds.tls.clients lets it see`,
    });
  }
  const state = states.find((one) => found.some((finding) => finding.state === one)) ?? 'synced';
  return {
    key: `client ${id}`,
    kind: 'client',
    node: printable(node.id, textLength),
    peer,
    ...where,
    language: languageOf(node.userAgentName),
    version: printable(node.userAgentVersion, 60),
    protocol: variant,
    state,
    details: found.map(({ text }) => text),
    types: types.map(
      (type): ClientTypePart => ({
        type: labelOf(type.typeUrl),
        asked: type.wildcard ? -1 : type.names,
        sent: type.held,
        acknowledged: printable(type.ackedVersion ?? '', 40),
      }),
    ),
  };
}

/** The worst first. */
const states: readonly ClientState[] = ['rejected', 'waiting', 'missing'];

function findings(
  { rejection, unansweredMs, pending, wildcard, names, held }: TypeStatus,
  type: string,
): { readonly state: ClientState; readonly text: string }[] {
  const missing = wildcard ? 0 : names - held;
  return [
    ...(rejection === undefined
      ? []
      : [
          {
            state: 'rejected' as const,
            text: printable(
              `rejected ${type} ${rejection.names.slice(0, 3).join(', ')}: ${rejection.message}`,
              textLength,
            ),
          },
        ]),
    ...((unansweredMs ?? 0) > slowAnswerMs
      ? [{ state: 'waiting' as const, text: `has not answered the last ${type} response` }]
      : []),
    ...(pending > 0 && (unansweredMs ?? 0) > slowAnswerMs
      ? [{ state: 'waiting' as const, text: `waits for ${pending} changes of type ${type}` }]
      : []),
    ...(missing > 0
      ? [
          {
            state: 'missing' as const,
            text: `asked for ${missing} of type ${type} that there is none of, or that were not sent yet`,
          },
        ]
      : []),
  ];
}

function languageOf(userAgentName: string): string {
  const known = languages.find(([prefix]) => userAgentName.startsWith(prefix));
  return known === undefined ? printable(userAgentName, 60) || 'unknown' : known[1];
}
