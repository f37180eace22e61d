import { sum } from '../base/sum.ts';
import type { LoadView } from './load-view.ts';

/** Who calls whom. */
export interface Edge {
  readonly from: { readonly namespace: string; readonly workload: string };
  readonly to: { readonly namespace: string; readonly name: string; readonly port: number };
  readonly calls: number;
  readonly failed: number;
}

/** Every workload that called a Service in the window, whatever its zone; most calls first. Pure. */
export function edgesOf({ services }: Pick<LoadView, 'services'>): Edge[] {
  return services
    .flatMap(({ namespace, name, port, callers }) =>
      [...Map.groupBy(callers, (caller) => `${caller.namespace}/${caller.workload}`).values()].map((same): Edge => {
        const { namespace: from, workload } = same[0]!;
        return {
          from: { namespace: from, workload },
          to: { namespace, name, port },
          calls: sum(same, ({ calls }) => calls),
          failed: sum(same, ({ failed }) => failed),
        };
      }),
    )
    .filter(({ calls, failed }) => calls + failed > 0)
    .sort((a, b) => b.calls - a.calls);
}
