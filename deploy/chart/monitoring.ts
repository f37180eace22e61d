import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, 'evenkeel', 'monitoring');

/** An alert of the chart. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
}

/** What a panel of the chart's dashboard asks; rows ask nothing and are left out. */
export interface PanelQuery {
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly expr: string;
}

export function rulesText(): string {
  return readFileSync(join(folder, 'rules.yaml'), 'utf8');
}

export function alertsOf(): readonly Alert[] {
  return (parse(rulesText()) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);
}

export function panelsOf(): readonly PanelQuery[] {
  const { panels } = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')) as {
    panels: (Omit<PanelQuery, 'expr'> & { targets?: { expr: string }[] })[];
  };
  return panels.flatMap(({ targets = [], ...panel }) => targets.map(({ expr }) => ({ ...panel, expr })));
}
