import type { Command } from 'commander';
import { registerBootstrap } from './bootstrap.ts';
import { registerDoctor } from './doctor.ts';
import { registerEdges } from './edges.ts';
import { registerExperiment } from './experiment.ts';
import { registerExplain } from './explain.ts';
import { registerLab } from './lab.ts';
import { registerProbe } from './probe.ts';
import { registerProve } from './prove.ts';
import { registerServe } from './serve.ts';
import { registerStatus } from './status.ts';
import { registerTop } from './top.ts';
import { registerWorkload } from './workload.ts';

/** Adds one command to the program. */
export type RegisterCommand = (root: Command) => void;

/** Every command, in the order of `--help`. */
export const commands: readonly RegisterCommand[] = [
  registerLab,
  registerProbe,
  registerExperiment,
  registerProve,
  registerServe,
  registerStatus,
  registerExplain,
  registerTop,
  registerEdges,
  registerDoctor,
  registerBootstrap,
  registerWorkload,
];
