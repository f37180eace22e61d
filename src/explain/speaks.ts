/** Names of the clients of gRPC, as `user_agent_name` has them, and what people call them; the first that fits counts. */
const names: readonly [userAgent: RegExp, name: string][] = [
  [/^gRPC Go (?<version>\S+)/, 'Go'],
  [/^gRPC Java (?<version>\S+)/, 'Java'],
  [/^gRPC Node Pure JS (?<version>\S+)/, 'Node'],
  // `gRPC C-core linux Python C-core 53.0.0 Python 1.85.1`: that of the language is the one that people install.
  [/^gRPC C-core .*?(?<language>Python|Ruby|PHP|C\+\+|C#|Objective-C)\D+(?:.*\k<language> )?(?<version>\d\S*)/, ''],
  [/^gRPC C-core (?<version>.*)/, 'C-core'],
  [/^envoy (?<version>\S+)/, 'Envoy'],
];

/** What a client is, in the words of people: `Go 1.85.0`, `Python 1.85.1`, `Envoy 1.40.0`. */
export function speaks(userAgent: string): string {
  for (const [pattern, name] of names) {
    const groups = pattern.exec(userAgent)?.groups;
    if (groups !== undefined) return `${name || groups.language} ${groups.version}`;
  }
  return userAgent === '' ? 'unknown' : userAgent;
}
