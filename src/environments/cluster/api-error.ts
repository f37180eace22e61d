import { ApiException } from '@kubernetes/client-node';
import { EvenkeelError, messageOf } from '../../base/errors.ts';

/** HTTP status of what the API answered; undefined where it did not answer. */
export function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof ApiException ? thrown.code : undefined;
}

/** An API that has never answered is a mistake in what was named; one that stops answering is a run that broke. */
export function neverAnswered(thrown: unknown, server: string): EvenkeelError {
  return new EvenkeelError('EK_PROVE_CLUSTER', `the Kubernetes API at ${server} does not answer: ${causeOf(thrown)}`, {
    cause: thrown,
  });
}

/**
 * What the API server or the way to it made of a request, as an error that says what to do.
 *
 * @param doing - what was asked for: `create deployments in evenkeel-prove-1a2b3c4d`
 */
export function apiError(thrown: unknown, doing: string, server: string): EvenkeelError {
  if (thrown instanceof EvenkeelError) return thrown;
  const status = statusOf(thrown);
  if (status === undefined) {
    const why = causeOf(thrown);
    return new EvenkeelError('EK_KUBE_UNREACHABLE', `the Kubernetes API at ${server} does not answer: ${why}`, {
      cause: thrown,
    });
  }
  const said = reasonOf(thrown as ApiException<unknown>);
  if (status === 401) {
    return new EvenkeelError('EK_KUBE_UNAUTHORIZED', `${server} does not know who asks: ${said}`, {
      hint: 'Renew the credentials of the kubeconfig.',
      cause: thrown,
    });
  }
  if (status === 403) {
    return new EvenkeelError('EK_KUBE_FORBIDDEN', `${server} forbids to ${doing}: ${said}`, { cause: thrown });
  }
  return new EvenkeelError('EK_KUBE_ANSWER', `${server} does not ${doing}: ${said}`, { cause: thrown });
}

/** The innermost of the errors that a failed connection is wrapped in: `connect ECONNREFUSED 10.0.0.1:6443`. */
function causeOf(thrown: unknown): string {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return messageOf(error);
}

/** The API's own words: the body is a `Status`, parsed or as text. */
function reasonOf({ body, code }: ApiException<unknown>): string {
  try {
    const status = (typeof body === 'string' ? JSON.parse(body) : body) as { message?: unknown };
    if (typeof status?.message === 'string' && status.message !== '') return status.message;
  } catch {
    // What is no JSON comes from something between here and the API.
  }
  return `HTTP ${code}`;
}
