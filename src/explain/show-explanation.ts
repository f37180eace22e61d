import { EvenkeelError } from '../base/errors.ts';
import { defaultAdmin } from '../live/ask-admin.ts';
import { askReplicas } from './ask-replicas.ts';
import { conclude, type Explanation } from './conclude.ts';
import { explainViewSchema } from './explain-view-schema.ts';
import { printExplanation } from './print-explanation.ts';
import { readTarget } from './read-target.ts';
import type { ShowOptions } from './show-status.ts';

export interface ExplainOptions {
  /** As a person writes it. */
  readonly target: string;
  /** Client to look at: its pod, Kubernetes node or address. */
  readonly from?: string | undefined;
  /** Namespace of a target that names none. */
  readonly namespace?: string | undefined;
  /** Default: the control plane on this host. */
  readonly admins?: readonly string[] | undefined;
}

/**
 * Asks the control planes about a target.
 *
 * @throws EvenkeelError `EK_USAGE`, and as `askReplicas`
 */
export async function explain({
  target,
  from,
  namespace,
  admins = [defaultAdmin],
}: ExplainOptions): Promise<Explanation> {
  const read = readTarget(target.trim());
  if (read.name === '' || read.name.length > 300) {
    throw new EvenkeelError('EK_USAGE', `"${target.slice(0, 300)}" is not a target`, {
      field: 'TARGET',
      hint: 'Write xds:///NAME.NAMESPACE[:PORT], for example xds:///orders.shop.',
    });
  }
  const client = from?.replace(/^(?:pods?|nodes?)\//, '');
  const ask = (whom: readonly string[], inNamespace: string | undefined) =>
    askReplicas(whom, pathOf(read.name, inNamespace, client), explainViewSchema);
  let answers = await ask(admins, namespace);
  // Which namespace a bare name means only the replica knows that the client is connected to.
  const known = answers.find(({ view }) => view !== undefined && view.named.length > 0)?.view?.namespace;
  const differ = answers.some(({ view }) => view !== undefined && view.namespace !== known);
  if (namespace === undefined && known !== undefined && differ) {
    const silent = answers.filter(({ error }) => error !== undefined);
    const others = answers.flatMap(({ admin, error }) => (error === undefined ? [admin] : []));
    answers = [...(await ask(others, known)), ...silent];
  }
  return conclude({ text: target, read, from: client }, answers);
}

function pathOf(target: string, namespace: string | undefined, from: string | undefined): string {
  const query = new URLSearchParams({
    target,
    ...(namespace === undefined ? {} : { namespace }),
    ...(from === undefined ? {} : { from }),
  });
  return `/explain?${query}`;
}

/** Prints why calls to a target get there or not; the exit code: 0 they do, 1 something is not as it should be. */
export async function showExplanation(options: ExplainOptions & Pick<ShowOptions, 'json' | 'paint'>): Promise<0 | 1> {
  const explanation = await explain(options);
  console.log(options.json ? JSON.stringify(explanation) : printExplanation(explanation, options.paint));
  return explanation.inOrder ? 0 : 1;
}
