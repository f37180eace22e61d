import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Page, pageOf } from '../model/page-of.ts';

/** A field that narrows a list; the key `/` leads there. */
export function Filter({ value, label, onChange }: { value: string; label: string; onChange: (text: string) => void }) {
  return (
    <input
      class="filter"
      type="search"
      value={value}
      placeholder={label}
      aria-label={label}
      spellcheck={false}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** A part of a long list, with buttons for the other parts. */
export function usePage<Item>(items: readonly Item[], size?: number): [Page<Item>, ComponentChildren] {
  const [index, setIndex] = useState(0);
  const page = pageOf(items, index, size);
  if (page.label === '') return [page, undefined];
  const pager = (
    <nav class="pager" aria-label="Parts of the list">
      <button type="button" disabled={page.index === 0} onClick={() => setIndex(page.index - 1)}>
        ‹ Previous
      </button>
      <span>{page.label}</span>
      <button type="button" disabled={page.index === page.pages - 1} onClick={() => setIndex(page.index + 1)}>
        Next ›
      </button>
    </nav>
  );
  return [page, pager];
}

/** A heading of a column that puts the list in order. */
export function SortHeading<Order extends string>({
  order,
  current,
  onOrder,
  right,
  children,
}: {
  order: Order;
  current: Order;
  onOrder: (order: Order) => void;
  right?: boolean;
  children: ComponentChildren;
}) {
  const isCurrent = order === current;
  return (
    <th scope="col" class={right ? 'right' : undefined} aria-sort={isCurrent ? 'other' : undefined}>
      <button type="button" class="sort" onClick={() => onOrder(order)}>
        {children}
        <span aria-hidden="true">{isCurrent ? ' ▾' : ''}</span>
      </button>
    </th>
  );
}

/** A figure with its name, over a page. */
export function Figure({ label, value, tone }: { label: string; value: string; tone?: string | undefined }) {
  return (
    <div class={`figure ${tone ?? ''}`}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** What stands where there is nothing to show. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
