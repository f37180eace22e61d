import { lineWidth, type Paint, wrap } from '../probe/print/layout.ts';
import type { Diagnosis } from './diagnosis.ts';

const marks = { fault: 'red', warning: 'yellow', ok: 'green', skipped: 'dim' } as const;

/** Whether nothing is wrong. */
export function isHealthy(diagnoses: readonly Diagnosis[]): boolean {
  return diagnoses.every(({ severity }) => severity === 'ok' || severity === 'skipped');
}

/** One line a finding, the gravest first, with what to do below it; at most 80 columns. */
export function printDiagnoses(diagnoses: readonly Diagnosis[], paint: Paint): string {
  const order = Object.keys(marks);
  const width = 'warning'.length + 2;
  const indent = ' '.repeat(width);
  return diagnoses
    .toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .flatMap(({ severity, text, action }) => [
      ...wrap(text, 0, lineWidth - width).map((line, index) =>
        index === 0 ? paint(marks[severity], severity) + indent.slice(severity.length) + line : indent + line,
      ),
      ...(action === undefined ? [] : wrap(`→ ${action}`, 2, lineWidth - width).map((line) => indent + line)),
    ])
    .join('\n');
}
