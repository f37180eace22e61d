import { deadlineMs, serverOptions } from '../common-options.ts';
import { integer, list, port, type Settings } from '../options.ts';

export const feOptions = {
  port: port({ description: 'HTTP port; 0 = any', fallback: 8080 }),
  services: list({
    description: 'Services to call, each at /NAME through xds:///NAME',
    fallback: ['be1-srv', 'be2-srv'],
  }),
  calls: integer({ description: 'calls for one request', fallback: 15 }, { min: 1, max: 10_000 }),
  deadlineMs,
  ...serverOptions,
};
export type FeSettings = Settings<typeof feOptions>;
