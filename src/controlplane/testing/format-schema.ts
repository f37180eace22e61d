/** JSON as the formatter has it: short lists on one line. */
export function formatSchema(schema: unknown): string {
  const text = JSON.stringify(schema, undefined, 2);
  return `${text.replace(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, (_list, items: string) => `[${items.replace(/\n\s+/g, ' ')}]`)}\n`;
}
