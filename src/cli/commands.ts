import type { Command } from 'commander';
import { own } from '../base/own.ts';

/** Adds one command to the program. */
export type RegisterCommand = (root: Command) => void;

/** Every command by its name, in the order of `--help`. */
const commands: Readonly<Record<string, () => Promise<RegisterCommand>>> = {
  lab: async () => (await import('./lab.ts')).registerLab,
  probe: async () => (await import('./probe.ts')).registerProbe,
  experiment: async () => (await import('./experiment.ts')).registerExperiment,
  prove: async () => (await import('./prove.ts')).registerProve,
  serve: async () => (await import('./serve.ts')).registerServe,
  status: async () => (await import('./status.ts')).registerStatus,
  explain: async () => (await import('./explain.ts')).registerExplain,
  top: async () => (await import('./top.ts')).registerTop,
  edges: async () => (await import('./edges.ts')).registerEdges,
  doctor: async () => (await import('./doctor.ts')).registerDoctor,
  bootstrap: async () => (await import('./bootstrap.ts')).registerBootstrap,
  workload: async () => (await import('./workload.ts')).registerWorkload,
};

/** Adds the command that is named, or all of them: a pod starts in half the time without the other eleven. */
export async function registerCommands(root: Command, named?: string): Promise<void> {
  const only = named === undefined ? undefined : own(commands, named);
  for (const load of only === undefined ? Object.values(commands) : [only]) (await load())(root);
}
