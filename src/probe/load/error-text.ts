/** Characters of an error that are kept; what servers say may be of any length. */
const longest = 500;

/** The words of an error, bounded. */
export function boundedError(text: string | undefined): string | undefined {
  return text === undefined || text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
