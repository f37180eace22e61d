import { JsonNumber } from './exact-number.ts';
import type { Data } from './read-data.ts';

/** Where a value stands. */
export interface Spot {
  /** `items[2].name`; empty: the message itself. */
  readonly path: string;
  /** Full name of the field or type. */
  readonly name: string;
}

/** A value that does not fit its field. */
export class Misfit extends Error {
  readonly hint: string | undefined;

  constructor({ path, name }: Spot, problem: string, hint?: string) {
    super(`${path === '' ? name : `${path} (${name})`}: ${problem}`);
    this.hint = hint;
  }
}

export function misfit(spot: Spot, expected: string, found: Data, hint?: string): Misfit {
  return new Misfit(spot, `expected ${expected}, found ${shown(found)}`, hint);
}

function shown(value: Data): string {
  if (value instanceof JsonNumber) return value.source.slice(0, 40);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

export function inside(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
