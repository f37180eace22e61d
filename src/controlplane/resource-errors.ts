import { grpcStatus, type ResourceErrorDetail, type ResourceErrors, typeUrls, type XdsNode } from '@evenkeel/xds';
import type { EvenkeelError } from '../base/errors.ts';
import type { ServiceId } from '../model/service.ts';
import { parseTarget } from '../translate/targets.ts';
import { namespaceOf } from './node-namespace.ts';
import { typeLabel } from './type-label.ts';

export interface ResourceErrorFacts {
  /** Why a listener is not served to clients of a namespace; undefined: its Service is known. */
  readonly whyNotServed: (listener: string, namespace: string) => string | undefined;
  /** Why the newest state of a Service is not published; undefined: it is, or is about to be. */
  readonly rejectedOf: (id: ServiceId) => EvenkeelError | undefined;
  readonly clusterDomain: string;
  /** There are rules of what the client may see: it hears the same of a name that it may not see and of one that nobody has. */
  readonly isRestricted: boolean;
}

/** xRFC TP3: with the last two a client keeps what it had. */
const { notFound, internal, unavailable } = grpcStatus;

/**
 * What a client hears of a name that it is not given, where its bootstrap says that it reads that (`node.metadata.resourceErrors` is
 * true): gRFC A88 has no client feature for it. Undefined: it does not, and `factsOf` is not called.
 */
export function resourceErrorsOf(node: XdsNode, factsOf: () => ResourceErrorFacts): ResourceErrors | undefined {
  if (node.metadata.resourceErrors !== true) return undefined;
  const facts = factsOf();
  const namespace = namespaceOf(node);
  return (typeUrl, name) => resourceError(typeUrl, name, namespace, facts);
}

function resourceError(
  typeUrl: string,
  name: string,
  namespace: string,
  facts: ResourceErrorFacts,
): ResourceErrorDetail {
  if (facts.isRestricted) {
    const message = `there is no such ${typeLabel(typeUrl)}, or no rule of xds.tls.clients lets this client see it`;
    return { code: notFound, message };
  }
  if (typeUrl !== typeUrls.listener) return { code: notFound, message: `there is no such ${typeLabel(typeUrl)}` };
  const reason = facts.whyNotServed(name, namespace);
  if (reason !== undefined) return { code: notFound, message: reason };
  const target = parseTarget(name, facts.clusterDomain);
  const rejected =
    'reason' in target ? undefined : facts.rejectedOf({ name: target.name, namespace: target.namespace ?? namespace });
  return rejected === undefined
    ? { code: unavailable, message: 'its Service is not published yet' }
    : {
        code: internal,
        message: `its Service is not published, as clients would reject it: ${rejected.message}`,
      };
}
