import type { DiagLogger } from '@opentelemetry/api';
import { messageOf } from './errors.ts';
import type { Logger } from './log.ts';

/** An error of an exporter may hold a whole answer of the store. */
const maxLength = 300;

/**
 * The SDK's own messages, in the log of the process: the first error is a line, further ones are not. A store that is
 * away would otherwise write one for every batch.
 */
export class TraceLog implements DiagLogger {
  readonly #log: Logger;
  #said = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  error(...words: unknown[]): void {
    this.#once(words);
  }

  warn(...words: unknown[]): void {
    this.#once(words);
  }

  info(): void {}

  debug(): void {}

  verbose(): void {}

  #once(words: readonly unknown[]): void {
    if (this.#said) return;
    this.#said = true;
    const reason = words.map(describe).join(' ').slice(0, maxLength);
    this.#log.warn({ reason }, 'traces are not sent; calls go on without them');
  }
}

function describe(word: unknown): string {
  if (typeof word === 'string') return word;
  const text = messageOf(word);
  const code = (word as { code?: unknown } | null)?.code;
  return text === '' ? String(code ?? 'unknown') : text;
}
