import { z } from 'zod';
import {
  begun,
  conclusion,
  conditionsAre,
  interruptedRows,
  notMeasured,
  schemaVersion,
  setUp,
  wasMeasured,
} from '../probe/report-parts.ts';

/** What the report of one experiment has that others have not. */
export interface RowReportParts<
  Kind extends string,
  Named extends z.ZodRawShape,
  Figures extends z.ZodRawShape,
  Conditions extends z.ZodRawShape,
> {
  readonly kind: Kind | readonly [Kind, ...Kind[]];
  /** What tells a row from the others. */
  readonly named: Named;
  /** What a row has that was measured. */
  readonly figures: Figures;
  /** Beside machine, versions and seed. */
  readonly conditions: Conditions;
  /** What a row is for. */
  readonly rows: string;
}

/** The schema of a report in rows, each with figures or with the reason why it has none. */
export function rowReport<
  Kind extends string,
  Named extends z.ZodRawShape,
  Figures extends z.ZodRawShape,
  Conditions extends z.ZodRawShape,
>({ kind, named, figures, conditions, rows }: RowReportParts<Kind, Named, Figures, Conditions>) {
  const kinds: readonly Kind[] = typeof kind === 'string' ? [kind] : kind;
  const row = z.discriminatedUnion('status', [
    z.object({ ...named, status: wasMeasured, ...figures }),
    z.object({ ...named, ...notMeasured }),
  ]);
  return z.object({
    schemaVersion,
    kind: z.literal(kinds).describe('Tells it from other reports.'),
    ...begun,
    conditions: z.object({ ...setUp, seed: z.int().describe('Random seed.'), ...conditions }).describe(conditionsAre),
    rows: z.array(row).describe(rows),
    interrupted: interruptedRows,
    conclusion,
  });
}
