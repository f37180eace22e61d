import type { Case } from '../driver/case.ts';
import { even } from './even.ts';
import { frozen } from './frozen.ts';
import { laterService, lateService } from './late-service.ts';
import { notServing } from './not-serving.ts';
import { restart } from './restart.ts';
import { rolling } from './rolling.ts';
import { scale } from './scale.ts';
import { twoServices } from './two-services.ts';
import { unsynced } from './unsynced.ts';

/** The rows of the matrix, in the order in which they run: each finds the world as the one before left it. */
export const cases: readonly Case[] = [
  twoServices,
  even,
  scale,
  rolling,
  notServing,
  restart,
  unsynced,
  frozen,
  lateService,
  laterService,
];
