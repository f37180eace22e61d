import { type Edge, edgesOf } from '../load/edges.ts';
import { knownCalls } from '../load/known-calls.ts';
import { type LoadView, portKey } from '../load/load-view.ts';
import { type Column, heading, type Paint, table } from '../probe/print/layout.ts';
import { duration } from './duration.ts';
import { percent, rate } from './print-top.ts';

/** The forms in which edges can be written. */
const edgeFormats = ['text', 'json', 'mermaid', 'dot'] as const;

export type EdgeFormat = (typeof edgeFormats)[number];

/** Edges as text in a form. */
export function printEdges(view: LoadView, format: EdgeFormat, paint: Paint): string {
  const edges = edgesOf(view);
  switch (format) {
    case 'json':
      return JSON.stringify({ asOf: view.asOf, windowMs: view.windowMs, edges }, undefined, 2);
    case 'mermaid':
      return mermaid(edges, view.windowMs);
    case 'dot':
      return dot(edges, view.windowMs);
    default:
      return asTable(edges, view, paint);
  }
}

const columns: readonly Column[] = [
  { title: 'from', align: 'left' },
  { title: 'to', align: 'left' },
  { title: 'calls/s', align: 'right' },
  { title: 'failed', align: 'right' },
];

function asTable(edges: readonly Edge[], { windowMs, asOf }: LoadView, paint: Paint): string {
  const rows = edges.map((edge) => [
    { text: fromOf(edge) },
    { text: portKey(edge.to) },
    { text: rate(edge.calls, windowMs) },
    { text: percent(edge.failed, knownCalls(edge)), format: edge.failed > 0 ? ('red' as const) : undefined },
  ]);
  const title = heading('Who calls whom, as clients report it', `last ${duration(windowMs)}, ${asOf}`, paint);
  return [...title, '', ...(rows.length === 0 ? ['No call was reported.'] : table(columns, rows, paint))].join('\n');
}

function mermaid(edges: readonly Edge[], windowMs: number): string {
  // In Mermaid a quote is written as an entity; what begins one, and what ends a line, is not for names.
  const text = (name: string): string => `"${name.replace(/[#"<>&\\\n\r]/g, (one) => `#${one.codePointAt(0)};`)}"`;
  const ids = new Map<string, string>();
  const node = (kind: string, name: string): string => {
    const key = `${kind} ${name}`;
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = `n${ids.size}`;
    ids.set(key, id);
    return `${id}[${text(name)}]`;
  };
  const lines = edges.map(
    (edge) => `  ${node('from', fromOf(edge))} -->|${text(labelOf(edge, windowMs))}| ${node('to', portKey(edge.to))}`,
  );
  return ['graph LR', ...lines].join('\n');
}

function dot(edges: readonly Edge[], windowMs: number): string {
  const text = (name: string): string => `"${name.replace(/["\\]/g, '\\$&').replace(/[\n\r]/g, ' ')}"`;
  const lines = edges.map(
    (edge) => `  ${text(fromOf(edge))} -> ${text(portKey(edge.to))} [label=${text(labelOf(edge, windowMs))}];`,
  );
  return ['digraph evenkeel {', '  rankdir=LR;', '  node [shape=box];', ...lines, '}'].join('\n');
}

function fromOf({ from: { namespace, workload } }: Edge): string {
  return `${namespace}/${workload}`;
}

function labelOf({ calls, failed }: Edge, windowMs: number): string {
  return failed === 0
    ? `${rate(calls, windowMs)}/s`
    : `${rate(calls, windowMs)}/s, ${percent(failed, knownCalls({ calls, failed }))} failed`;
}
