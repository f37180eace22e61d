import type { XdsNode } from '@evenkeel/xds';
import { printable } from '../base/printable.ts';
import type { ClientRow } from '../feed/rows.ts';
import { callerOf, unknown } from '../load/caller.ts';
import type { ClientView } from './client-view.ts';

const textLength = 300;

const languages: readonly (readonly [userAgentName: string, language: string])[] = [
  ['gRPC Go', 'Go'],
  ['gRPC Java', 'Java'],
  ['gRPC C-core', 'C-core'],
  ['gRPC Node', 'Node'],
  ['envoy', 'Envoy'],
];

/** A client as a row of the page. What it says of itself is bounded, and nothing in it hides or runs backwards. Pure. */
export function clientRow({ stream, protocol, peer, state, why, node, types }: ClientView, told: XdsNode): ClientRow {
  const { namespace = '', kubeNode = '', kubeNodeZone } = node;
  const { workload, zone } = callerOf(told, () => kubeNodeZone);
  return {
    ...{ key: `client ${stream}`, kind: 'client', node: printable(node.id, textLength), peer },
    namespace: printable(namespace, 63),
    workload: workload === unknown ? '' : workload,
    zone: zone === unknown ? '' : zone,
    kubeNode: printable(kubeNode, textLength),
    language: languageOf(told.userAgentName),
    version: printable(told.userAgentVersion, 60),
    ...{ protocol, state },
    why: printable(why, textLength),
    types: types.map(({ type, wildcard, names, held }) => ({ type, asked: wildcard ? -1 : names, sent: held })),
  };
}

function languageOf(userAgentName: string): string {
  const known = languages.find(([name]) => userAgentName.startsWith(name));
  return known === undefined ? printable(userAgentName, 60) || unknown : known[1];
}
