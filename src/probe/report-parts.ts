import { z } from 'zod';

/** What reports have in common. */
export const ms = z.number().nonnegative();
export const count = z.int().nonnegative();

export const schemaVersion = z
  .literal(1)
  .describe('Raised when a field changes its meaning or goes; new fields leave it.');

export const begun = {
  startedAt: z.iso.datetime().describe('When the run began (UTC).'),
  durationMs: ms.describe('How long it took.'),
};

/** The first of the conditions. */
export const setUp = {
  versions: z.record(z.string(), z.string()).describe('Program to version.'),
  machine: z
    .object({
      os: z.string().describe('Operating system and release.'),
      cpus: count.describe('Processors.'),
      memoryMiB: count.describe('Memory in MiB.'),
    })
    .describe('The machine that made the calls.'),
  command: z
    .string()
    .optional()
    .describe('The command line, by which it can be made again; absent where another program made the report.'),
};

export const conditionsAre = 'What must be known to judge the figures.';

/** Of a row with figures. */
export const wasMeasured = z.literal('ok').describe('It was measured.');

/** Of its calls. */
export const failedCalls = {
  failed: count.describe('Of these, failed; nothing is retried.'),
  failures: z.record(z.string(), count).describe('The same by status.'),
};

/** Of a row without figures. */
export const notMeasured = {
  status: z.enum(['skipped', 'error']).describe('It was not measured.'),
  reason: z.string().describe('Why, and what to do.'),
};

export const interruptedRows = z
  .boolean()
  .describe('The run was ended early; rows that are missing were not measured.');
export const conclusion = z.string().describe('The run in some sentences.');
