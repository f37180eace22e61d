import type { Variant } from './messages.ts';
import type { ParagraphId } from './paragraphs.ts';
import type { Scene } from './scene.ts';

/** What the protocol's own words make of a rule: "must", "is an error", "will" are MUST; "should", "is expected to" are SHOULD. */
export type Level = 'MUST' | 'SHOULD';

/** One rule, tried on a server in one variant. */
export interface Check {
  /** `sotw/stale-nonce`: stable, for `--only` and for reports. */
  readonly id: string;
  readonly variant: Variant;
  readonly paragraph: ParagraphId;
  readonly level: Level;
  /** What the server does that holds the rule. */
  readonly title: string;
  /** The sentence that asks for it. */
  readonly rule: string;
  /** @throws CheckFailure, Unsupported, RunBroke */
  run(scene: Scene): Promise<void>;
}

interface Rule {
  readonly paragraph: ParagraphId;
  readonly level: Level;
  readonly title: string;
  readonly rule: string;
}

type Run = (scene: Scene, variant: Variant) => Promise<void>;

export function sotw(name: string, rule: Rule, run: Run): Check[] {
  return [made('sotw', name, rule, run)];
}

export function delta(name: string, rule: Rule, run: Run): Check[] {
  return [made('delta', name, rule, run)];
}

/** The same in both variants. */
export function both(name: string, rule: Rule, run: Run): Check[] {
  return [made('sotw', name, rule, run), made('delta', name, rule, run)];
}

function made(variant: Variant, name: string, rule: Rule, run: Run): Check {
  return { ...rule, id: `${variant}/${name}`, variant, run: (scene) => run(scene, variant) };
}
