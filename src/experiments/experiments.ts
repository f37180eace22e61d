import type { Command } from 'commander';
import { registerChanges } from './change/command.ts';
import { registerColdPod } from './cold-pod/command.ts';
import { registerConnectionAge } from './connection-age/command.ts';
import { registerLongStreams } from './long-streams/command.ts';
import { registerSickPod } from './sick-pod/command.ts';
import { registerSlowPod } from './slow-pod/command.ts';
import { registerUnevenPods } from './uneven-pods/command.ts';
import { registerZones } from './zones/command.ts';

/** Every experiment, each a file beside this one that adds a command of its name; in the order of `--help`. */
export const experiments: readonly ((experiment: Command) => void)[] = [
  registerChanges,
  registerConnectionAge,
  registerSlowPod,
  registerSickPod,
  registerZones,
  registerColdPod,
  registerUnevenPods,
  registerLongStreams,
];
