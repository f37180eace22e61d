import { z } from 'zod';
import { clientStates } from '../controlplane/client-states.ts';
import type { ExplainView } from '../controlplane/explain-view.ts';
import { clientSchema } from './clients-view-schema.ts';

const name = z.string().max(5_000);
const text = z.string().max(20_000);
const texts = z.array(text).max(10_000);
const count = z.number().min(0);

const endpoint = z.object({
  address: name,
  pod: name.nullable(),
  kubeNode: name.nullable(),
  zone: name,
  // A newer control plane may have a reason that is not known here; its words are printed all the same.
  state: name,
  why: text,
});

const port = z.object({
  port: count,
  name,
  appProtocol: name.optional(),
  isGrpc: z.boolean(),
  isChosen: z.boolean(),
  rule: name.nullable(),
  because: text.nullable(),
  total: count,
  states: z.record(name, count),
  endpoints: z.array(endpoint).max(100_000),
  plan: z.object({ given: text, why: texts }).optional(),
});

const service = z.object({
  namespace: name,
  name,
  source: name.optional(),
  rejected: text.nullable(),
  problems: texts,
  internalTrafficPolicy: z.literal('Local').optional(),
  portNames: texts,
  port: port.nullable(),
  noPort: text.nullable(),
});

const explained = clientSchema.extend({
  asks: texts,
  here: z.object({ state: z.enum(clientStates), why: text }),
  resources: z.array(z.object({ type: name, name, state: name })).max(10_000),
});

/** What `GET /explain` answers; fields that a newer control plane adds are passed over. */
export const explainViewSchema = z.object({
  version: name,
  asOf: name,
  ready: z.boolean(),
  reasons: texts,
  degraded: texts,
  target: name,
  namespace: name,
  malformed: text.nullable(),
  notServed: text.nullable(),
  forbidden: text.nullable(),
  similar: texts,
  service: service.nullable(),
  connected: count,
  asking: count,
  clients: z.array(explained).max(100_000),
  named: z.array(clientSchema.extend({ asks: texts })).max(100_000),
}) as unknown as z.ZodType<ExplainView>;
