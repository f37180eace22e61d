/** A span as Zipkin's API takes it (its v2 model), as far as tests look at it. */
export interface StoredSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind?: 'SERVER' | 'CLIENT';
  readonly name: string;
  readonly localEndpoint: { readonly serviceName: string };
  readonly tags: Readonly<Record<string, string>>;
}

/** From the first span to the last, each the parent of the next: `KIND service`. */
export function pathOf(spans: readonly StoredSpan[]): string[] {
  const path: string[] = [];
  let next = spans.find(({ parentId }) => !spans.some(({ id }) => id === parentId));
  while (next !== undefined) {
    path.push(`${next.kind} ${next.localEndpoint.serviceName}`);
    const { id } = next;
    next = spans.find(({ parentId }) => parentId === id);
  }
  return path;
}
