/** How the names of experiments' namespaces begin, unless something else is asked for. */
export const namespacePrefix = 'evenkeel-experiment';
