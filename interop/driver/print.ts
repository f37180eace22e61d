import { deviations } from './conformance.ts';
import type { Cell, Matrix } from './matrix.ts';

const marks = { passed: 'pass', failed: 'FAIL', documented: 'see below', skipped: 'skipped' } as const;

/** The matrix as Markdown: one row a case, one column a client, then every reason and problem. */
export function toMarkdown(matrix: Matrix): string {
  const { clients, cases, cells } = matrix;
  const row = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`;
  const cellOf = (client: string, id: string): Cell | undefined =>
    cells.find((cell) => cell.client === client && cell.case === id);
  const versions = clients.map(({ id, version, skipped }) => `- ${id}: ${version ?? `skipped: ${skipped}`}`);
  const lines = [
    row(['case', ...clients.map(({ id }) => id)]),
    row(['---', ...clients.map(() => '---')]),
    ...cases.map(({ id, title }) => row([title, ...clients.map((client) => summary(cellOf(client.id, id)))])),
    '',
    ...versions,
    '',
    `Rejected responses counted by the control plane: ${matrix.nacks}.`,
  ];
  const notes = cells.flatMap(({ client, case: id, status, reason, attempt = 1, problems = [] }) => [
    ...(status === 'documented' ? [`- ${client}, ${id}: ${reason}`] : []),
    ...(attempt > 1 ? [`- ${client}, ${id}: attempt ${attempt}; the machine stood still in those before`] : []),
    ...problems.map((problem) => `- ${client}, ${id}: ${problem}`),
  ]);
  const asked = deviations.filter((deviation) => deviation.clients.some((id) => clients.some((one) => one.id === id)));
  const differences = asked.map((deviation) => `- ${deviation.clients.join(', ')}: ${deviation.what}`);
  return [...lines, ...paragraph(notes), ...paragraph(differences)].join('\n');
}

function paragraph(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** `pass 1520/0`: calls and how many of them failed. */
function summary(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  return cell.calls === undefined ? marks[cell.status] : `${marks[cell.status]} ${cell.calls}/${cell.failed}`;
}
