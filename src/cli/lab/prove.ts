import { styleText } from 'node:util';
import { findEnvoy } from '../../base/find-envoy.ts';
import { terminationSignal } from '../../base/shutdown.ts';
import { Lab } from '../../lab/index.ts';
import {
  createProgress,
  exitCodeOf,
  openReport,
  parseProofOptions,
  printReport,
  runProof,
  useColour,
} from '../../probe/index.ts';
import { LabFixture } from './fixture.ts';
import { shortened } from './shortened.ts';
import { type Stage, setStage } from './stage.ts';

/** Starts a lab, proves in it, prints what was seen and takes the lab down again; the answer is the exit code. */
export async function proveInLab(raw: Record<string, unknown>): Promise<number> {
  const options = parseProofOptions(raw);
  const envoy = options.schemes.includes('l7-envoy') ? await findEnvoy() : undefined;
  const file = options.report === undefined ? undefined : await openReport(options.report);
  const progress = createProgress(process.stderr);

  progress.step('starting the lab');
  const lab = await Lab.start({
    id: raw.id as string | undefined,
    seed: options.seed,
    dnsTtlSeconds: shortened.dnsTtl.valueMs / 1000,
  });
  const early = new AbortController();
  const stop = Promise.race([terminationSignal(), lab.stopped]).then(() => {
    early.abort();
    return lab.stop();
  });
  try {
    for (const notice of lab.notices) progress.note(notice);
    progress.step(`starting pods in lab ${lab.id}`);
    const stage = await setStage(lab, { ...options, envoy });
    const fixture = new LabFixture(stage);
    const report = await runProof(fixture, options, progress, early.signal);
    fixture.close();
    progress.end();
    await file?.write(report);
    const print = { colour: useColour(process.stdout), by: options.by };
    console.log(options.json ? JSON.stringify(report, null, 2) : printReport(report, print));
    if (raw.keep === true && !report.interrupted) {
      console.error(addresses(stage));
      await stop;
    }
    return exitCodeOf(report);
  } catch (thrown) {
    if (!early.signal.aborted) throw thrown;
    progress.note('the lab was ended before anything was measured');
    return 3;
  } finally {
    progress.end();
    await lab.stop();
  }
}

/** What a person can call while the lab is kept up. */
function addresses({ lab, headless, clusterIp, http, pushed, gateway }: Stage): string {
  const dns = lab.dnsAddress.replace(/:(\d+)$/, ' -p $1');
  return [
    '',
    styleText('bold', `lab ${lab.id} stays up; Ctrl-C ends it`),
    `  HTTP through the ClusterIP    curl http://${http.ports[0]!.address}/hellohttp?name=you`,
    `  gRPC through the ClusterIP    ${clusterIp.ports[0]!.address}  echo.EchoServer/SayHello (reflection is on)`,
    ...(gateway === undefined || !('service' in gateway)
      ? []
      : [
          `  gRPC through Envoy            ${gateway.service.ports[0]!.address}  the same`,
          `  Envoy's admin server          curl http://${gateway.adminAddress}/clusters`,
        ]),
    `  DNS                           dig @${dns} ${headless.dnsName}`,
    ...(pushed === undefined
      ? []
      : [
          `  control plane                 curl http://${pushed.adminAddress}/config_dump`,
          `  bootstrap for xds:/// clients evenkeel bootstrap --server ${pushed.xdsAddress}`,
        ]),
    `  pods                          evenkeel lab ps --id ${lab.id}`,
  ].join('\n');
}
