import { hostname } from 'node:os';
import type { ListenAddress } from '../base/listen-address.ts';
import { createLogger, flushLogs } from '../base/log.ts';
import { wantsTraces } from '../base/wants-traces.ts';
import type { Config } from './config.ts';
import { ControlPlane } from './control-plane.ts';
import type { LabControls } from './lab-routes.ts';
import type { MakeKubeEvents } from './object-events.ts';
import { createSources } from './sources.ts';

export interface RunningControlPlane {
  /** Without TLS; undefined: nowhere. */
  readonly xds: ListenAddress | undefined;
  /** With TLS; undefined: nowhere. */
  readonly tls: ListenAddress | undefined;
  readonly admin: ListenAddress;
  /** Resolves once streams are accepted. */
  readonly whenReady: Promise<void>;
  /** Says goodbye to clients (GOAWAY) and ends everything. */
  stop(): Promise<void>;
}

/**
 * Starts the control plane and its admin server; resolves when both listen. On failure nothing is left running.
 *
 * @param lab - the lab that it runs in, which its page controls
 * @throws EvenkeelError `EK_PORT_IN_USE`, `EK_USAGE`, `EK_TLS_CERTIFICATE`, or what a source finds wrong with its first state
 */
export async function runControlPlane(
  config: Config,
  version: string,
  lab?: LabControls,
): Promise<RunningControlPlane> {
  try {
    return await start(config, version, lab);
  } catch (error) {
    // What is printed next, the error, stands behind what was logged.
    flushLogs();
    throw error;
  }
}

async function start(config: Config, version: string, lab: LabControls | undefined): Promise<RunningControlPlane> {
  let dropped = (): void => {};
  const log = createLogger('serve', 'info', () => dropped());
  // OpenTelemetry is loaded only where the environment asks for it.
  const spans = wantsTraces(process.env)
    ? (await import('./change-spans.ts')).startChangeSpans(log, process.env)
    : undefined;
  const sources = await createSources(config);
  const clusterDomain = config.discovery.dns.clusterDomain;
  // Before it listens: who comes meanwhile would wait longer for code that has not run.
  if (process.env.NODE_ENV === 'production') {
    const { rehearsalOf, rehearse } = await import('./rehearsal.ts');
    const begun = performance.now();
    const changes = await rehearse(rehearsalOf(config), { load: config.load, clusterDomain, version });
    log.info({ changes, ms: Math.round(performance.now() - begun) }, 'rehearsed');
  }
  const controlPlane = new ControlPlane({
    sources,
    health: config.health,
    load: config.load,
    clusterDomain,
    gateways: config.gateways,
    tls: config.xds.tls,
    maxConnectionAgeMs: config.xds.maxConnectionAgeMs,
    maxConnections: config.xds.maxConnections,
    memoryBytes: config.xds.memoryBytes,
    clientStatus: config.xds.clientStatus,
    replicas: config.xds.replicas,
    kubeEvents: await kubeEventsOf(config),
    version,
    log,
    onChange: spans?.done,
  });
  dropped = () => controlPlane.logLineDropped();
  // Clients wait for xDS, people for the other: its code is loaded while the sources are being read.
  const [{ xds, tls }, { startAdminServer }] = await Promise.all([
    controlPlane.open(config.xds.listen),
    import('./admin-server.ts'),
  ]);
  try {
    const admin = await startAdminServer(config.admin.listen, controlPlane, { debug: config.admin.debug, lab });
    return {
      xds,
      tls,
      admin,
      whenReady: controlPlane.whenReady,
      stop: async () => {
        await Promise.all([admin.close(), controlPlane.stop()]);
        await spans?.stop();
      },
    };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}

/** What writes Events to the API server that is served, where that is asked for. */
async function kubeEventsOf({ discovery }: Config): Promise<MakeKubeEvents | undefined> {
  const { enabled, events, ...kubernetes } = discovery.kubernetes;
  if (!enabled || events !== true) return undefined;
  const [{ findKubeAccess }, { KubeEvents }] = await Promise.all([
    import('../discovery/kubernetes/kube-access.ts'),
    import('../discovery/kubernetes/kube-events.ts'),
  ]);
  const access = await findKubeAccess(kubernetes);
  return (done) => new KubeEvents({ access, instance: process.env.POD_NAME || hostname(), done });
}
