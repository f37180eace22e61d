import { type ErrorDetails, EvenkeelError, messageOf } from '../../base/errors.ts';

/** What is asked of the API server, in the words of RBAC. */
export interface ApiTarget {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'patch';
  /** Plural name, for example `endpointslices`. */
  readonly resource: string;
  /** Empty for the core group. */
  readonly group: string;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
}

/** `list endpointslices.discovery.k8s.io in all namespaces` */
function describeTarget({ verb, resource, group, namespace }: ApiTarget): string {
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  return `${verb} ${resource}${group === '' ? '' : `.${group}`} ${where}`;
}

/** The state that the server knew is too old: everything has to be listed again (HTTP 410, reason Expired or Gone). */
export class ExpiredError extends Error {}

/** The server cannot answer now (HTTP 429, 502 and above), which says nothing about what was known. */
export class BusyError extends EvenkeelError {
  /** It wants to be asked again after so many milliseconds; undefined: it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs: number | undefined) {
    super('EK_KUBE_ANSWER', message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Milliseconds in a `Retry-After`, which has seconds or a date; undefined for what is neither. */
export function retryAfterOf(text: string | undefined, nowMs = Date.now()): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return ms > 0 ? ms : undefined;
}

/**
 * The error for an answer that is not 200.
 *
 * @param retryAfterMs - when the server wants to be asked again, where it says so
 */
export function errorOfStatus(
  status: number,
  message: string,
  target: ApiTarget,
  retryAfterMs?: number,
): EvenkeelError | ExpiredError {
  const what = describeTarget(target);
  const said = message === '' ? `HTTP ${status}` : message;
  // 504: the history is a shorter one than before, since etcd was restored or another server lags behind.
  if (status === 410 || (status === 504 && /too large resource version/i.test(said))) return new ExpiredError(said);
  if (status === 401) {
    return new EvenkeelError(
      'EK_KUBE_UNAUTHORIZED',
      `the API server does not accept our credentials to ${what}: ${said}`,
    );
  }
  if (status === 403) {
    const role = target.namespace === undefined ? 'a ClusterRole' : `a Role in namespace ${target.namespace}`;
    const narrower = target.namespace === undefined ? ', or name with --namespaces those that may be read' : '';
    const { verb, resource, group } = target;
    return new EvenkeelError('EK_KUBE_FORBIDDEN', `the API server forbids to ${what}: ${said}`, {
      hint: `Grant the verb ${verb} on ${resource} (API group "${group}") with ${role}${narrower}.`,
    });
  }
  if (status === 400 && target.labelSelector !== undefined) {
    return new EvenkeelError(
      'EK_KUBE_ANSWER',
      `the API server does not take "${target.labelSelector}" to ${what}: ${said}`,
      {
        field: 'discovery.kubernetes.labelSelector',
        hint: 'Correct --label-selector; it is written as for kubectl -l.',
      },
    );
  }
  const answered = `the API server answered ${status} when asked to ${what}: ${said}`;
  return status === 429 || status >= 502
    ? new BusyError(answered, retryAfterMs)
    : new EvenkeelError('EK_KUBE_ANSWER', answered);
}

/** The API server could not be reached, or did not answer in time. */
export function unreachable(server: string, thrown: unknown): EvenkeelError {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  const why = code ?? messageOf(thrown);
  return new EvenkeelError('EK_KUBE_UNREACHABLE', `the API server ${server} cannot be reached (${why})`, {
    cause: thrown,
  });
}

/** The API server answered something that is no list and no watch event. */
export function badAnswer(target: ApiTarget, what: string, details: ErrorDetails = {}): EvenkeelError {
  const asked = describeTarget(target);
  return new EvenkeelError(
    'EK_KUBE_ANSWER',
    `what the API server answered when asked to ${asked} cannot be used: ${what}`,
    details,
  );
}
