import type { ProofOptions } from './options.ts';
import type { Sections } from './report.ts';
import { schemes } from './schemes.ts';

const reason = 'the run was ended before this was measured';

/** What was measured, with a row of status `skipped` for everything that would have been measured after it; pure. */
export function withUnmeasured(measured: Sections, options: ProofOptions): Sections {
  const known = new Map(measured.schemes.map((row) => [row.scheme, row.status]));
  const skipped = (scheme: keyof typeof schemes) =>
    ({ scheme, title: schemes[scheme].title, status: 'skipped', reason }) as const;
  // A scheme that failed before would not have been measured again.
  const pending = options.schemes.filter((id) => (known.get(id) ?? 'ok') === 'ok');
  const { replicas, scaleTo } = options;
  const scaling = scaleTo === replicas ? [] : pending.filter((id) => schemes[id].scales);
  const scaled = (rows: Sections['scaleOut'], from: number, to: number): Sections['scaleOut'] =>
    rows.length > 0 ? [...rows] : scaling.map((id) => ({ ...skipped(id), from, to, convergedMs: null }));
  const rolling = options.rollingUpdate ? pending : [];
  return {
    schemes: [...measured.schemes, ...options.schemes.filter((id) => !known.has(id)).map(skipped)],
    scaleOut: scaled(measured.scaleOut, replicas, scaleTo),
    scaleIn: scaled(measured.scaleIn, scaleTo, replicas),
    rollingUpdate: [
      ...measured.rollingUpdate,
      ...(['update', 'rollback'] as const)
        .filter((change) => !measured.rollingUpdate.some((row) => row.change === change))
        .flatMap((change) => rolling.map((id) => ({ ...skipped(id), change }))),
    ],
  };
}
