/** Under a name that people or servers chose: `constructor` is one that every object has. */
export function own<Value>(all: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}
