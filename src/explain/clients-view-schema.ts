import { z } from 'zod';
import { clientStates } from '../controlplane/client-states.ts';
import type { ClientsView } from '../controlplane/clients-view.ts';

const name = z.string().max(5_000);
const text = z.string().max(20_000);
const count = z.number().min(0);

const rejection = z.object({
  version: name,
  names: z.array(name).max(100),
  code: z.number(),
  message: text,
  agoMs: count,
});

const type = z.object({
  type: name,
  wildcard: z.boolean(),
  names: count,
  held: count,
  ackedVersion: name.optional(),
  rejection: rejection.optional(),
  unansweredMs: count.optional(),
  pending: count,
});

const missing = z.object({ type: name, name, reason: text });

/** One client of `GET /clients` and `GET /explain`. */
export const clientSchema = z.object({
  stream: count,
  protocol: name,
  peer: name,
  state: z.enum(clientStates),
  why: text,
  certificate: z.looseObject({}).optional(),
  node: z.object({
    id: name,
    namespace: name.optional(),
    gateway: name.optional(),
    form: name.optional(),
    userAgent: name,
    locality: z.object({ region: name, zone: name, subZone: name }),
    kubeNode: name.optional(),
    kubeNodeZone: name.optional(),
  }),
  types: z.array(type).max(100),
  missing: z.array(missing).max(1_000),
  refusedNames: z.array(missing).max(1_000),
});

/** What `GET /clients` answers; fields that a newer control plane adds are passed over. */
export const clientsViewSchema: z.ZodType<ClientsView> = z.object({
  version: name,
  asOf: name,
  ready: z.boolean(),
  reasons: z.array(text).max(1_000),
  total: count,
  clients: z.array(clientSchema).max(100_000),
});
