import type { EdgeRow } from '../../feed/rows.ts';
import { knownCalls } from '../../load/known-calls.ts';
import type { Tone } from './service-list.ts';

export interface MapNode {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** Key of the Service port that it is; empty where it only calls, or is several. */
  readonly port: string;
  readonly x: number;
  readonly y: number;
}

export interface MapEdge {
  readonly key: string;
  readonly edge: EdgeRow;
  /** `d` of an SVG path. */
  readonly path: string;
  readonly width: number;
  readonly tone: Tone;
  /** Where its label is. */
  readonly labelX: number;
  readonly labelY: number;
}

export interface MapLayout {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  readonly width: number;
  readonly height: number;
}

export const nodeSize = { width: 170, height: 46 } as const;
const gap = { x: 130, y: 18 } as const;
const margin = 14;

interface Node {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly ports: Set<string>;
  readonly from: Set<string>;
  readonly to: Set<string>;
  layer: number;
  order: number;
}

/** Places who calls whom: callers left of what they call, as few lines crossing as a few sweeps achieve. Pure. */
export function layOut(rows: readonly EdgeRow[]): MapLayout {
  const nodes = nodesOf(rows);
  setLayers(nodes);
  const layers = setOrder(nodes);
  const tallest = Math.max(0, ...layers.map((layer) => layer.length));
  const height = tallest * (nodeSize.height + gap.y) - gap.y + 2 * margin;
  const placed = new Map<string, MapNode>();
  for (const [index, layer] of layers.entries()) {
    const top = margin + ((tallest - layer.length) * (nodeSize.height + gap.y)) / 2;
    for (const [row, { id, namespace, name, ports }] of layer.entries()) {
      placed.set(id, {
        ...{ id, namespace, name, port: ports.size === 1 ? [...ports][0]! : '' },
        x: margin + index * (nodeSize.width + gap.x),
        y: top + row * (nodeSize.height + gap.y),
      });
    }
  }
  const most = Math.max(1, ...rows.map(({ calls }) => calls));
  return {
    nodes: [...placed.values()],
    edges: rows.map((edge) => edgeOf(edge, placed.get(fromId(edge))!, placed.get(toId(edge))!, most)),
    width: Math.max(1, layers.length) * (nodeSize.width + gap.x) - gap.x + 2 * margin,
    height: Math.max(height, nodeSize.height + 2 * margin),
  };
}

function fromId({ from }: EdgeRow): string {
  return `${from.namespace}/${from.workload}`;
}

/** A Service that is the pods of one workload is that workload, which may call others itself. */
function toId({ to, toWorkload }: EdgeRow): string {
  return toWorkload === '' ? `${to.namespace}/${to.name}:${to.port}` : `${to.namespace}/${toWorkload}`;
}

function nodesOf(rows: readonly EdgeRow[]): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const node = (id: string, namespace: string, name: string): Node => {
    const known = nodes.get(id);
    if (known !== undefined) return known;
    const added = {
      id,
      namespace,
      name,
      ports: new Set<string>(),
      from: new Set<string>(),
      to: new Set<string>(),
      layer: 0,
      order: 0,
    };
    nodes.set(id, added);
    return added;
  };
  for (const edge of rows) {
    const { from, to, toWorkload } = edge;
    const caller = node(fromId(edge), from.namespace, from.workload);
    const called = node(toId(edge), to.namespace, toWorkload === '' ? `${to.name}:${to.port}` : toWorkload);
    called.ports.add(`${to.namespace}/${to.name}:${to.port}`);
    caller.to.add(called.id);
    called.from.add(caller.id);
  }
  return nodes;
}

/** Every node one layer after the last of its callers; calls that run in a circle are cut where they come back. */
function setLayers(nodes: ReadonlyMap<string, Node>): void {
  const state = new Map<string, 'open' | 'done'>();
  const order: Node[] = [];
  const back = new Set<string>();
  const visit = (node: Node): void => {
    state.set(node.id, 'open');
    for (const id of node.to) {
      if (state.get(id) === 'open') back.add(`${node.id} ${id}`);
      else if (!state.has(id)) visit(nodes.get(id)!);
    }
    state.set(node.id, 'done');
    order.push(node);
  };
  const roots = [...nodes.values()].sort((a, b) => a.from.size - b.from.size);
  for (const node of roots) if (!state.has(node.id)) visit(node);
  for (const node of order.reverse()) {
    for (const id of node.to) {
      const called = nodes.get(id)!;
      if (!back.has(`${node.id} ${id}`)) called.layer = Math.max(called.layer, node.layer + 1);
    }
  }
}

/** Nodes of a layer in the order of those that they are joined with, gone over a few times. */
function setOrder(nodes: ReadonlyMap<string, Node>): Node[][] {
  const layers: Node[][] = [];
  for (const node of nodes.values()) {
    layers[node.layer] ??= [];
    layers[node.layer]!.push(node);
  }
  for (const layer of layers) layer.sort((a, b) => (a.id < b.id ? -1 : 1));
  const renumber = (layer: readonly Node[]): void =>
    layer.forEach((node, index) => {
      node.order = index;
    });
  layers.forEach(renumber);
  for (let sweep = 0; sweep < 4; sweep++) {
    for (const layer of layers) {
      const wanted = new Map(
        layer.map((node) => {
          const joined = [...(sweep % 2 === 0 ? node.from : node.to)].map((id) => nodes.get(id)!.order);
          const middle = joined.reduce((sum, order) => sum + order, 0) / joined.length;
          return [node.id, joined.length === 0 ? node.order : middle];
        }),
      );
      layer.sort((a, b) => wanted.get(a.id)! - wanted.get(b.id)! || a.order - b.order);
      renumber(layer);
    }
  }
  return layers;
}

function edgeOf(edge: EdgeRow, from: MapNode, to: MapNode, most: number): MapEdge {
  const { calls, failed } = edge;
  const width = 1.2 + 2.8 * (Math.log1p(calls) / Math.log1p(most));
  const share = failed / Math.max(1, knownCalls(edge));
  const tone: Tone = share >= 0.05 ? 'bad' : share >= 0.01 ? 'warn' : 'good';
  const half = nodeSize.height / 2;
  const [x1, y1, x2, y2] = [from.x + nodeSize.width, from.y + half, to.x, to.y + half];
  const isForward = x2 > x1;
  const bend = isForward ? Math.max(40, (x2 - x1) / 2) : 60;
  const path = isForward
    ? `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
    : `M${x1} ${y1}C${x1 + bend} ${y1 + 70} ${x2 - bend} ${y2 + 70} ${x2} ${y2}`;
  return {
    ...{ key: edge.key, edge, path, width: Math.round(width * 10) / 10, tone },
    labelX: (x1 + x2) / 2,
    labelY: (y1 + y2) / 2 + (isForward ? 0 : 52),
  };
}
