import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { toEvenkeelError } from '../base/errors.ts';
import { isLoopback } from '../base/listen-address.ts';
import { type LabAction, type LabView, mostReplicas, podActions } from '../feed/lab-view.ts';

/** The lab that a control plane runs in; both reject with what is wrong. */
export interface LabControls {
  view(): Promise<LabView>;
  act(action: LabAction): Promise<void>;
}

/** Questions that the lab has not answered yet. */
const mostUnderWay = 16;

/** Longer than any name that the lab gives. */
const name = z.string().min(1).max(100);

const action = z.discriminatedUnion('do', [
  z.strictObject({ do: z.enum([...podActions, 'roll']), name }),
  z.strictObject({ do: z.literal('scale'), name, replicas: z.int().min(0).max(mostReplicas) }),
]);

/** `/dashboard/lab`: GET is what there is to control, POST of a {@link LabAction} does it. It is there in a lab alone. */
export function addLabRoutes(app: FastifyInstance, controls: LabControls): void {
  let underWay = 0;
  const answer = async (request: FastifyRequest, reply: FastifyReply, ask: () => Promise<object>): Promise<object> => {
    if (!isOwn(request)) return reply.status(403).send({ error: 'only for the page itself, on loopback' });
    if (underWay === mostUnderWay)
      return reply.status(503).send({ error: 'the lab has not answered what was asked before' });
    underWay += 1;
    try {
      return await ask();
    } catch (thrown) {
      const { message, exitCode } = toEvenkeelError(thrown);
      return reply.status(exitCode === 2 ? 400 : 502).send({ error: message });
    } finally {
      underWay -= 1;
    }
  };
  app.get('/dashboard/lab', (request, reply) => answer(request, reply, () => controls.view()));
  app.post('/dashboard/lab', (request, reply) => {
    const asked = action.safeParse(request.body);
    if (!asked.success) return reply.status(400).send({ error: z.prettifyError(asked.error) });
    return answer(request, reply, async () => {
      await controls.act(asked.data);
      return {};
    });
  });
}

/** Whoever may look from elsewhere changes nothing, and neither does another page of this host. */
function isOwn({ socket, headers: { host = '', origin } }: FastifyRequest): boolean {
  return isLoopback(socket.remoteAddress ?? '') && (origin === undefined || origin === `http://${host}`);
}
