import type { ProofOptions } from './options.ts';
import type { Sections } from './report.ts';
import { type SchemeId, schemes } from './schemes/schemes.ts';

/** The row of a scheme that the run did not get to. */
export function unmeasured(scheme: SchemeId) {
  const reason = 'the run was ended before this was measured';
  return { scheme, title: schemes[scheme].title, status: 'skipped', reason } as const;
}

/** What was measured, with a row of status `skipped` for everything that would have been measured after it; pure. */
export function withUnmeasured(measured: Sections, options: ProofOptions): Sections {
  const known = new Map(measured.schemes.map((row) => [row.scheme, row.status]));
  // A scheme that failed before would not have been measured again.
  const pending = options.schemes.filter((id) => (known.get(id) ?? 'ok') === 'ok');
  const { replicas, scaleTo } = options;
  const scaling = scaleTo === replicas ? [] : pending.filter((id) => schemes[id].scales);
  const scaled = (rows: Sections['scaleOut'], from: number, to: number): Sections['scaleOut'] =>
    rows.length > 0 ? [...rows] : scaling.map((id) => ({ ...unmeasured(id), from, to, convergedMs: null }));
  const rolling = options.rollingUpdate ? pending : [];
  return {
    schemes: [...measured.schemes, ...options.schemes.filter((id) => !known.has(id)).map(unmeasured)],
    scaleOut: scaled(measured.scaleOut, replicas, scaleTo),
    scaleIn: scaled(measured.scaleIn, scaleTo, replicas),
    rollingUpdate: [
      ...measured.rollingUpdate,
      ...(['update', 'rollback'] as const)
        .filter((change) => !measured.rollingUpdate.some((row) => row.change === change))
        .flatMap((change) => rolling.map((id) => ({ ...unmeasured(id), change }))),
    ],
  };
}
