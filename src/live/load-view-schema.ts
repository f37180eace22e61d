import { z } from 'zod';
import type { LoadView } from '../load/load-view.ts';
import { verdicts } from '../verdict/verdict.ts';

const count = z.number().min(0);
const text = z.string().max(4_000);
const name = z.string().max(300);
const totals = z.object({ calls: count, failed: count });

const pod = z.object({
  pod: name.nullable(),
  address: name,
  zone: name,
  ...totals.shape,
  inFlight: count,
  meanMs: count.nullable(),
  steady: z.boolean().optional(),
  ejected: z.object({ since: name, until: name, why: text }).nullable(),
  total: totals,
});

const caller = z.object({ namespace: name, workload: name, zone: name, ...totals.shape });

const service = z.object({
  namespace: name,
  name,
  port: z.number().int().min(0).max(65_535),
  verdict: z.enum(verdicts),
  since: name,
  why: text,
  ...totals.shape,
  total: totals,
  pods: z.array(pod).max(100_000),
  callers: z.array(caller).max(10_000),
});

/** What `GET /load` answers; fields that a newer control plane adds are passed over. */
export const loadViewSchema: z.ZodType<LoadView> = z.object({
  asOf: name,
  windowMs: z.number().positive(),
  streams: count,
  services: z.array(service).max(100_000),
});
