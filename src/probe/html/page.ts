import { versionsText } from '../words.ts';
import { escapeText } from './escape-text.ts';

/** A part of a page: a heading and ready HTML. */
export interface Section {
  readonly title: string;
  readonly html: string;
}

export interface Page {
  readonly title: string;
  /** One line below the title. */
  readonly subtitle: string;
  /** The answer, in large type; `tone` colours it. */
  readonly headline: { readonly text: string; readonly detail: string; readonly tone: Tone };
  readonly sections: readonly Section[];
  /** Small print at the end. */
  readonly footer: string;
}

export type Tone = 'good' | 'fair' | 'bad' | 'plain';

const style = `
:root{color-scheme:light dark;--paper:#fbfbfa;--card:#fff;--ink:#1d2126;--soft:#5e6771;--line:#dfe3e6;--good:#1a7f4b;--fair:#9a6700;--bad:#c0342b;
--c0:#2f6fd0;--c1:#d9822b;--c2:#2a9d6f;--c3:#b4489b;--c4:#7d62d3;--c5:#b8960c;--c6:#1c97b5;--c7:#cf4b4b;--c8:#6c8f1f;--c9:#8a6d5a;--rest:#98a1a9;--on:#fff}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1c2024;--ink:#e6e9ec;--soft:#9aa4ad;--line:#30363c;--good:#4cc38a;--fair:#e0b341;--bad:#ff7b72;
--c0:#6ea8fe;--c1:#f0a45a;--c2:#56c996;--c3:#dd83c8;--c4:#a893f0;--c5:#dcc04a;--c6:#55c3de;--c7:#f08080;--c8:#a5c74e;--c9:#c2a48f;--rest:#6f7880;--on:#14171a}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 24px 48px}h1{font-size:24px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:16px;margin:0 0 12px}h3{font-size:14px;margin:18px 0 6px}
.sub,.small{color:var(--soft)}.small{font-size:13px}p.small{margin:10px 0 0}.head{border-left:5px solid var(--soft);padding:4px 0 4px 16px;margin:24px 0}
.head b{display:block;font-size:21px;line-height:1.3}.head.good{border-color:var(--good)}.good b,td.good{color:var(--good)}.head.fair{border-color:var(--fair)}.fair b,td.fair{color:var(--fair)}.head.bad{border-color:var(--bad)}.bad b,td.bad{color:var(--bad)}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:18px 20px;margin:16px 0;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}th{font-weight:600;color:var(--soft);text-align:right;font-size:13px}td,th{padding:5px 10px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
td:first-child,th:first-child,th.left{text-align:left}td:first-child{white-space:normal;overflow-wrap:anywhere;min-width:9em}td.wrap{white-space:normal;text-align:left}tr:last-child td{border-bottom:0}
svg{display:block;width:100%;height:auto;max-width:100%}svg text{fill:var(--soft);font:12px system-ui,sans-serif}svg .strong{fill:var(--ink)}svg .on{fill:var(--on)}svg .grid{stroke:var(--line)}svg .event{stroke:var(--soft);stroke-dasharray:4 3}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin:8px 0 0;font-size:13px;color:var(--soft)}.legend i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;vertical-align:-1px}
.legend span{overflow-wrap:anywhere}
.bars{display:grid;grid-template-columns:minmax(0,max-content) minmax(120px,1fr) max-content;gap:6px 12px;align-items:center;font-size:14px}.bars .name{overflow-wrap:anywhere;max-width:34em}.bars .value{color:var(--soft);font-size:13px;font-variant-numeric:tabular-nums}
.track{position:relative;height:17px}.track i{position:absolute;left:0;top:0;bottom:0;min-width:1px;border-radius:2px}.track .even{left:auto;top:-5px;bottom:-5px;border-left:1px dashed var(--soft);border-radius:0}
code{font:13px ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:14px}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}footer{color:var(--soft);font-size:13px;margin-top:24px}
@media(max-width:640px){main{padding:20px 12px 32px}section{padding:14px 12px}svg{min-width:560px}svg text{font-size:16px}.bars{grid-template-columns:minmax(0,1fr) max-content;gap:2px 10px}.bars .track{grid-column:1/-1;grid-row:auto;margin-bottom:8px}.bars .name{grid-column:1}.bars .value{grid-column:2}.bars{grid-auto-flow:dense}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:6px}}
@media print{section{break-inside:avoid}}`;

/** The whole page as text: nothing in it is loaded from anywhere, and no script runs. */
export function renderPage({ title, subtitle, headline, sections, footer }: Page): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline'">
<title>${escapeText(title)}</title><style>${style}</style></head>
<body><main>
<h1>${escapeText(title)}</h1><div class="sub">${escapeText(subtitle)}</div>
<div class="head ${headline.tone}"><b>${escapeText(headline.text)}</b>${escapeText(headline.detail)}</div>
${sections.map(({ title, html }) => `<section><h2>${escapeText(title)}</h2>${html}</section>`).join('\n')}
<footer>${escapeText(footer)}</footer>
</main></body></html>
`;
}

/** A table; cells are text unless they say how they look. */
export function htmlTable(
  titles: readonly string[],
  rows: readonly (readonly (string | { readonly text: string; readonly tone?: Tone; readonly wrap?: true })[])[],
): string {
  const body = rows.map((row) => {
    const cells = row.map((cell) => {
      if (typeof cell === 'string') return `<td>${escapeText(cell)}</td>`;
      return `<td class="${[cell.tone ?? '', cell.wrap === true ? 'wrap' : ''].join(' ').trim()}">${escapeText(cell.text)}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  const left = titles.map((_, column) =>
    rows.some((row) => typeof row[column] === 'object' && row[column].wrap === true),
  );
  const head = titles
    .map((title, column) => `<th${left[column] ? ' class="left"' : ''}>${escapeText(title)}</th>`)
    .join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

/** Names and what they stand for, in two columns. */
export function facts(entries: readonly (readonly [name: string, text: string, how?: 'code'])[]): string {
  const rows = entries.map(([name, text, how]) => {
    const escaped = escapeText(text);
    return `<dt>${escapeText(name)}</dt><dd>${how === 'code' ? `<code>${escaped}</code>` : escaped}</dd>`;
  });
  return `<dl>${rows.join('')}</dl>`;
}

/** A line of text below or above a plot. */
export function paragraph(text: string): string {
  return `<p class="small">${escapeText(text)}</p>`;
}

interface SetUp {
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly os: string; readonly cpus: number; readonly memoryMiB: number };
  readonly command?: string | undefined;
}

/** What measured, and how to do it again, for {@link facts}. */
export function setUpFacts({ machine, versions, command }: SetUp): [string, string, 'code'?][] {
  return [
    ...(command === undefined ? [] : [['command', command, 'code'] satisfies [string, string, 'code']]),
    ['machine', `${machine.os}, ${machine.cpus} processors, ${machine.memoryMiB} MiB`],
    ['versions', versionsText(versions)],
  ];
}

/** The footer of a page with verdicts. */
export function smallPrint({ versions }: SetUp, more = ''): string {
  return `evenkeel ${versions.evenkeel ?? ''}${more}. Verdicts come from a rule with fewer than 1 false alarm in 1,000 runs. Nothing on this page is loaded from elsewhere.`;
}
