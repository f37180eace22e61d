import { knownCalls } from '../../load/known-calls.ts';
import { none, percent } from '../model/figures.ts';

/** The part of calls that failed, in red where any did; undefined: nothing is known of them. */
export function FailedCell({ load }: { load: { readonly failed: number; readonly calls: number } | undefined }) {
  const look = load === undefined ? 'nothing' : load.failed > 0 ? 'bad' : '';
  return (
    <td class={`right ${look}`} data-label="failed">
      {load === undefined ? none : percent(load.failed, knownCalls(load))}
    </td>
  );
}
