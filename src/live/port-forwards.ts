import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import { EvenkeelError, messageOf } from '../base/errors.ts';

/** What finds every replica that the chart has made. */
const selector = 'app.kubernetes.io/name=evenkeel';
const adminPort = 18_001;
const readyTimeoutMs = 15_000;
/** More replicas are not asked one by one. */
const maxReplicas = 50;

/** Ways to the admin servers of all replicas in a cluster. */
export interface PortForwards {
  /** `HOST:PORT` on this host, one a replica. */
  readonly admins: readonly string[];
  close(): void;
}

/** What is read of `kubectl get pods -o json`. */
const podSchema = z.object({
  metadata: z.object({ name: z.string().max(253), namespace: z.string().max(63) }),
  spec: z
    .object({
      containers: z
        .array(
          z.object({
            ports: z
              .array(z.object({ name: z.string().optional(), containerPort: z.int().min(1).max(65_535) }))
              .optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});
const podsSchema = z.object({ items: z.array(podSchema) });
type Pod = z.infer<typeof podSchema>;

/**
 * Opens a `kubectl port-forward` to every replica of evenkeel, with the rights of whoever runs it.
 *
 * @param flags - of kubectl: context, kubeconfig, namespace; without a namespace all are looked at
 * @throws EvenkeelError `EK_ADMIN_UNREACHABLE` where kubectl fails, or there is no replica
 */
export async function openPortForwards(flags: readonly string[], kubectl = 'kubectl'): Promise<PortForwards> {
  const everywhere = flags.some((flag) => /^(?:-n|--namespace)/.test(flag)) ? [] : ['--all-namespaces'];
  const running = '--field-selector=status.phase=Running';
  const pods = await listPods(kubectl, ['get', 'pods', ...flags, ...everywhere, '-l', selector, running, '-o', 'json']);
  if (pods.length === 0) {
    throw unreachable(`no pod of evenkeel runs there (${selector})`, 'Look at the context and the namespace.');
  }
  const others = flags.filter(
    (flag, index) => !/^(?:-n|--namespace)/.test(flag) && !/^(?:-n|--namespace)$/.test(flags[index - 1] ?? ''),
  );
  const opened = await Promise.allSettled(pods.slice(0, maxReplicas).map((pod) => forward(kubectl, others, pod)));
  const forwards = opened.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const close = (): void => {
    for (const { end } of forwards) end();
  };
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    close();
    throw failed.reason;
  }
  return { admins: forwards.map(({ admin }) => admin), close };
}

async function listPods(kubectl: string, args: readonly string[]): Promise<readonly Pod[]> {
  let answer: unknown;
  try {
    const { stdout } = await promisify(execFile)(kubectl, [...args], { maxBuffer: 64 * 1024 * 1024 });
    answer = JSON.parse(stdout);
  } catch (cause) {
    throw unreachable(`kubectl get pods fails: ${messageOf(cause)}`, 'Run kubectl get pods with the same flags.');
  }
  const pods = podsSchema.safeParse(answer);
  if (pods.success) return pods.data.items;
  const { path, message } = pods.error.issues[0]!;
  throw unreachable(
    `what kubectl get pods prints is no list of pods: ${path.join('.')}: ${message}`,
    'Run kubectl get pods -o json with the same flags.',
  );
}

async function forward(
  kubectl: string,
  flags: readonly string[],
  { metadata: { name, namespace }, spec }: Pod,
): Promise<{ readonly admin: string; end(): void }> {
  const ports = spec?.containers?.flatMap(({ ports: all = [] }) => all) ?? [];
  const port = ports.find((one) => one.name === 'http-admin')?.containerPort ?? adminPort;
  const args = ['port-forward', ...flags, '-n', namespace, `pod/${name}`, `:${port}`];
  const child = spawn(kubectl, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (reason: string): void =>
    reject(unreachable(`kubectl port-forward to ${namespace}/${name} fails: ${reason}`, 'Run it by hand.'));
  const timer = setTimeout(() => fail(`not ready within ${readyTimeoutMs / 1_000} s`), readyTimeoutMs);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const found = /^Forwarding from (127\.0\.0\.1:\d+) /.exec(line)?.[1];
    if (found !== undefined) resolve(found);
  });
  child.on('error', (error) => fail(messageOf(error)));
  child.on('close', (code) => fail(said.at(-1) ?? `it ended with ${code}`));
  try {
    return { admin: await promise, end: () => void child.kill() };
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function unreachable(message: string, hint: string): EvenkeelError {
  return new EvenkeelError('EK_ADMIN_UNREACHABLE', message, { hint });
}
