/** The page with a text between its marks `<!-- NAME -->` and `<!-- /NAME -->`. */
export function withMarked(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [head, , tail] = page.split(new RegExp(`${start}|${end}`));
  if (tail === undefined) throw new Error(`the page has no ${start} and ${end}`);
  return `${head}${start}\n${text}\n${end}${tail}`;
}
