/**
 * The command line as it was given, so that it can be typed again; without what is secret in it: the values of headers, and
 * passwords in addresses.
 *
 * @param args - what follows the program
 */
export function commandLine(args: readonly string[] = process.argv.slice(2)): string {
  const words = args.map((word, index) => {
    const flagged = /^(--header)=(.*)$/s.exec(word);
    if (flagged !== null) return `${flagged[1]}=${withoutValue(flagged[2]!)}`;
    return args[index - 1] === '--header' ? withoutValue(word) : withoutPassword(word);
  });
  return ['evenkeel', ...words.map(quoted)].join(' ');
}

/** A URL as it may be shown: without what stands in front of its host. */
export function withoutPassword(url: string): string {
  return url.replace(/(:\/\/)[^/?#\s]*@/, '$1…@');
}

function withoutValue(header: string): string {
  const colon = header.indexOf(':');
  return colon < 0 ? '…' : `${header.slice(0, colon)}: …`;
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
