import { EvenkeelError, messageOf } from '../base/errors.ts';
import type { LoadView } from '../load/load-view.ts';
import { loadViewSchema } from './load-view-schema.ts';

const timeoutMs = 5_000;
/** Some 100,000 pods. */
const maxBytes = 64 * 1024 * 1024;

/** Where the admin server of a control plane is unless something else is said. */
export const defaultAdmin = '127.0.0.1:18001';

/**
 * Asks the admin servers of control planes what their clients report, all at once.
 *
 * @param admins - `HOST:PORT` or `http://HOST:PORT`
 * @throws EvenkeelError `EK_USAGE`, `EK_ADMIN_UNREACHABLE`, `EK_ADMIN_ANSWER` or `EK_LOAD_OFF`
 */
export function fetchViews(admins: readonly string[], signal?: AbortSignal): Promise<LoadView[]> {
  return Promise.all(admins.map((admin) => fetchView(admin, signal)));
}

async function fetchView(admin: string, signal?: AbortSignal): Promise<LoadView> {
  const url = urlOf(admin);
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
    const reason = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
    throw new EvenkeelError('EK_ADMIN_UNREACHABLE', `${url} does not answer: ${reason}`, { field: '--admin', cause });
  }
  if (answer.status === 404 && body.includes('--load-reports')) {
    throw new EvenkeelError('EK_LOAD_OFF', `the control plane at ${admin} does not ask clients for load reports`);
  }
  if (!answer.ok) throw wrongAnswer(url, `status ${answer.status}`);
  const view = loadViewSchema.safeParse(parse(body, url));
  if (view.success) return view.data;
  const { path, message } = view.error.issues[0]!;
  throw wrongAnswer(url, `${path.join('.')}: ${message}`);
}

function urlOf(admin: string): URL {
  const url = URL.parse(/^https?:\/\//.test(admin) ? admin : `http://${admin}`);
  if (url === null || url.hostname === '' || url.username !== '' || !['', '/'].includes(url.pathname)) {
    throw new EvenkeelError('EK_USAGE', `"${admin}" is not the address of an admin server`, {
      field: '--admin',
      hint: `Write HOST:PORT, for example ${defaultAdmin}.`,
    });
  }
  return new URL('/load', url);
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

function wrongAnswer(url: URL, what: string): EvenkeelError {
  return new EvenkeelError('EK_ADMIN_ANSWER', `${url} is not what a control plane answers: ${what}`, {
    field: '--admin',
  });
}
