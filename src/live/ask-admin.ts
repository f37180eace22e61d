import type { z } from 'zod';
import { EvenkeelError, messageOf } from '../base/errors.ts';

/** Some 100,000 pods. */
const maxBytes = 64 * 1024 * 1024;

/** Where the admin server of a control plane is unless something else is said. */
export const defaultAdmin = '127.0.0.1:18001';

export interface AskOptions {
  /** Default 5,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Says what is wrong where the answer is no success; undefined: the status. */
  readonly refused?: ((status: number, body: string) => EvenkeelError | undefined) | undefined;
}

/**
 * Asks the admin server of a control plane; the answer is checked.
 *
 * @param admin - `HOST:PORT` or `http://HOST:PORT`
 * @param path - with its query
 * @throws EvenkeelError `EK_USAGE`, `EK_ADMIN_UNREACHABLE` or `EK_ADMIN_ANSWER`
 */
export async function askAdmin<Answer>(
  admin: string,
  path: string,
  schema: z.ZodType<Answer>,
  { timeoutMs = 5_000, signal, refused }: AskOptions = {},
): Promise<Answer> {
  const url = new URL(path, urlOf(admin));
  const ended = signal === undefined ? [] : [signal];
  let answer: Response;
  let body: string;
  try {
    answer = await fetch(url, {
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...ended]),
      redirect: 'error',
    });
    body = await textOf(answer, url);
  } catch (cause) {
    if (cause instanceof EvenkeelError) throw cause;
    const message = `${url.origin} does not answer: ${reasonOf(cause, timeoutMs)}`;
    throw new EvenkeelError('EK_ADMIN_UNREACHABLE', message, { field: '--admin', cause });
  }
  if (!answer.ok) throw refused?.(answer.status, body) ?? wrongAnswer(url, `status ${answer.status}${saidIn(body)}`);
  const view = schema.safeParse(parse(body, url));
  if (view.success) return view.data;
  const { path: field, message } = view.error.issues[0]!;
  throw wrongAnswer(url, `${field.join('.')}: ${message}`);
}

function urlOf(admin: string): URL {
  const url = URL.parse(/^https?:\/\//.test(admin) ? admin : `http://${admin}`);
  if (url === null || url.hostname === '' || url.username !== '' || !['', '/'].includes(url.pathname)) {
    throw new EvenkeelError('EK_USAGE', `"${admin}" is not the address of an admin server`, {
      field: '--admin',
      hint: `Write HOST:PORT, for example ${defaultAdmin}.`,
    });
  }
  return url;
}

function reasonOf(cause: unknown, timeoutMs: number): string {
  if (cause instanceof Error && cause.name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} s`;
  return cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
}

async function textOf({ body }: Response, url: URL): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) throw wrongAnswer(url, `more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parse(text: string, url: URL): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrongAnswer(url, 'no JSON');
  }
}

/** What the admin server says of an error, behind a colon. */
function saidIn(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' ? `: ${error.slice(0, 300)}` : '';
  } catch {
    return '';
  }
}

function wrongAnswer(url: URL, what: string): EvenkeelError {
  return new EvenkeelError('EK_ADMIN_ANSWER', `${url} is not what a control plane answers: ${what}`, {
    field: '--admin',
  });
}
