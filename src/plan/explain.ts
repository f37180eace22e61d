import { sum } from '../base/sum.ts';
import { counted } from '../base/words.ts';
import type { Expectation, PlanInput } from './plan-input.ts';
import type { WorkShares } from './share-work.ts';
import type { Warmth } from './slow-start.ts';
import type { Place } from './transport.ts';

export interface Decisions {
  readonly input: PlanInput;
  readonly places: readonly Place[];
  readonly flows: readonly Float64Array[];
  readonly mix: number;
  readonly expected: Expectation;
  readonly warmth: Warmth;
  readonly work: Pick<WorkShares, 'why'>;
}

/** A sentence for each decision of a plan. Pure. */
export function explain(decisions: Decisions): string[] {
  const { input, mix, expected } = decisions;
  const { pods, clients } = input;
  if (clients.length === 0 || pods.length === 0) return [];
  return [
    ...zoneSentences(decisions),
    ...warmthSentences(decisions),
    ...decisions.work.why,
    ...(mix === 0 || expected.away === undefined
      ? []
      : [
          `${counted(clients.length, 'client')} cannot keep pods even and near at once: ${percent(expected.away)} of the calls leave their zone, where ${percent(expected.leastAway!)} would have to`,
        ]),
    ...(expected.busiest > 1.05
      ? [`the busiest pod gets ${expected.busiest.toFixed(2)} times its share, the best that these clients can do`]
      : []),
  ];
}

function zoneSentences({ input, places, flows }: Decisions): string[] {
  const { policy, pods } = input;
  if (policy.prefer === undefined) return [];
  const all = sum(places, ({ demand }) => demand);
  const basis = (input.heard?.length ?? 0) > 0 ? 'as heard' : 'by its clients';
  const byZone = Map.groupBy(places.entries(), ([, { zone }]) => zone);
  return [...byZone]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([zone, inZone]) => {
      const demand = sum(inZone, ([, place]) => place.demand);
      const to = new Map<string, number>();
      for (const [index, place] of inZone) {
        flows[index]!.forEach((share, pod) => {
          const target = pods[pod]!.zone;
          to.set(target, (to.get(target) ?? 0) + share * place.demand);
        });
      }
      const part = percent(demand / all);
      if (zone === '') {
        return `${part} of the calls come from clients without a zone (${basis}): they go where there is room`;
      }
      const has = percent(pods.filter((pod) => pod.zone === zone).length / pods.length);
      const away = [...to]
        .filter(([other, calls]) => other !== zone && calls > demand * 0.0005)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const left = sum(away, ([, calls]) => calls) / demand;
      const head = `${zone} makes ${part} of the calls (${basis}) and has ${has} of the pods: `;
      if (away.length === 0) return `${head}all its calls stay`;
      const where = away.map(([other, calls]) => `${percent(calls / demand)} to ${other || 'pods without a zone'}`);
      return `${head}${percent(left)} of its calls leave it, ${where.join(', ')}`;
    });
}

/** Pods that a sentence names. */
const named = 3;

function warmthSentences({ input: { pods, nowMs = 0 }, warmth }: Decisions): string[] {
  const { warming, isSkipped, parts, since } = warmth;
  if (isSkipped) return [`no slow start: ${warming.length} of ${counted(pods.length, 'pod')} are new`];
  const sentences = warming.slice(0, named).map((index) => {
    const { pod, key, uid } = pods[index]!;
    const seconds = Math.round((nowMs - since[uid ?? pod ?? key]!) / 1_000);
    return `${pod ?? key} is warming up: ${percent(parts[index]!)} of a share, ${seconds} s after it came`;
  });
  const more = warming.length - named;
  return more > 0
    ? [...sentences, `${counted(more, 'further pod')} ${more === 1 ? 'is' : 'are'} warming up`]
    : sentences;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}
