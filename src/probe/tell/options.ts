import type { Command } from 'commander';
import { addGateOptions, type Gate, parseGate, type RawGate } from '../measure/gate.ts';

/** Where a report goes besides the terminal, and what it must show. */
export interface Telling {
  /** Path of a page with plots. */
  readonly html: string | undefined;
  readonly gate: Gate | undefined;
}

/** Adds the flags that {@link parseTelling} reads. */
export function addTellingOptions<C extends Command>(command: C): C {
  command.option('--html <file>', 'write a page with plots, for example report.html; it loads nothing else');
  return addGateOptions(command);
}

/** @throws EvenkeelError `EK_USAGE` */
export function parseTelling(raw: Readonly<Record<string, unknown>>): Telling {
  return { html: raw.html as string | undefined, gate: parseGate(raw as RawGate) };
}
