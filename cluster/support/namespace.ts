import { randomBytes } from 'node:crypto';
import { kubectl } from './run.ts';

/** Runs kubectl in one namespace. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** A namespace of a test's own; what a test that was killed left behind is deleted first. */
export async function createNamespace(prefix: string): Promise<{ name: string; kubectl: Kubectl }> {
  const label = `evenkeel.dev/test=${prefix}`;
  await kubectl(['delete', 'namespaces', '-l', label, '--wait=false']);
  const name = `${prefix}-${randomBytes(3).toString('hex')}`;
  await kubectl(['create', 'namespace', name]);
  await kubectl(['label', 'namespace', name, label]);
  return {
    name,
    kubectl: (args, input) => kubectl(['-n', name, ...args], input === undefined ? {} : { input }),
  };
}

export async function deleteNamespace(name: string): Promise<void> {
  await kubectl(['delete', 'namespace', name, '--wait=false']);
}
