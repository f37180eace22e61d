import type { NodeMatcher } from '../gen/envoy/type/matcher/v3/node_pb.ts';
import type { StringMatcher } from '../gen/envoy/type/matcher/v3/string_pb.ts';
import type { StructMatcher } from '../gen/envoy/type/matcher/v3/struct_pb.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import type { XdsNode } from '../node.ts';

/**
 * Which nodes a request means: one that any matcher fits, and every node where there is none (csds.proto, `node_matchers`). A
 * matcher fits where its id and all its metadata do.
 *
 * @throws GrpcError INVALID_ARGUMENT for a matcher that is not supported: regular expressions, numbers, lists, extensions
 */
export function nodeFilter(matchers: readonly NodeMatcher[]): (node: XdsNode) => boolean {
  if (matchers.length === 0) return () => true;
  const filters = matchers.map(({ nodeId, nodeMetadatas }) => {
    const fitsId = nodeId === undefined ? () => true : stringFilter(nodeId);
    const fitsMetadata = nodeMetadatas.map(structFilter);
    return ({ id, metadata }: XdsNode): boolean => fitsId(id) && fitsMetadata.every((fits) => fits(metadata));
  });
  return (node) => filters.some((fits) => fits(node));
}

function stringFilter({ matchPattern, ignoreCase }: StringMatcher): (text: string) => boolean {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  switch (matchPattern.case) {
    case 'exact':
    case 'prefix':
    case 'suffix':
    case 'contains': {
      const wanted = fold(matchPattern.value);
      const kind = matchPattern.case;
      return (text) => {
        const found = fold(text);
        if (kind === 'exact') return found === wanted;
        if (kind === 'prefix') return found.startsWith(wanted);
        return kind === 'suffix' ? found.endsWith(wanted) : found.includes(wanted);
      };
    }
    default:
      throw unsupported(matchPattern.case ?? 'an empty string matcher');
  }
}

function structFilter({ path, value }: StructMatcher): (metadata: XdsNode['metadata']) => boolean {
  const keys = path.map(({ segment }) => (segment.case === 'key' ? segment.value : ''));
  const pattern = value?.matchPattern;
  const fits = ((): ((found: unknown) => boolean) => {
    switch (pattern?.case) {
      case 'stringMatch': {
        const filter = stringFilter(pattern.value);
        return (found) => typeof found === 'string' && filter(found);
      }
      case 'boolMatch':
        return (found) => found === pattern.value;
      case 'presentMatch':
        return (found) => (found !== undefined) === pattern.value;
      default:
        throw unsupported(pattern?.case ?? 'an empty value matcher');
    }
  })();
  return (metadata) => fits(keys.reduce<unknown>(childOf, metadata));
}

function childOf(parent: unknown, key: string): unknown {
  return typeof parent === 'object' && parent !== null && Object.hasOwn(parent, key)
    ? (parent as Record<string, unknown>)[key]
    : undefined;
}

function unsupported(what: string): GrpcError {
  return new GrpcError(grpcStatus.invalidArgument, `node_matchers: ${what} is not supported`);
}
