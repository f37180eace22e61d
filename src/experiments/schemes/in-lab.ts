import { findEnvoy } from '../../base/find-envoy.ts';
import { startCaller } from '../../environments/lab/caller.ts';
import { LabFixture } from '../../environments/lab/fixture.ts';
import { shortened } from '../../environments/lab/shortened.ts';
import { type Stage, setStage } from '../../environments/lab/stage.ts';
import { parseOutput, parseProofOptions, parseShow, runProof, schemesVia } from '../../probe/index.ts';
import { runInLab } from '../run-in-lab.ts';

/** Starts a lab and measures every scheme in it; the answer is the exit code. */
export async function proveInLab(raw: Readonly<Record<string, unknown>>): Promise<number> {
  const options = parseProofOptions(raw);
  const shown = parseShow(raw);
  const envoy = schemesVia(options.schemes, 'proxy').length > 0 ? await findEnvoy() : undefined;
  let stage: Stage | undefined;
  return runInLab({
    lab: { id: raw.id as string | undefined, seed: options.seed, dnsTtlSeconds: shortened.dnsTtl.valueMs / 1000 },
    ...{ output: parseOutput(raw), shown },
    keep: raw.keep === true ? () => keepUp(stage!) : undefined,
    async measure(lab, progress, signal) {
      stage = await setStage(lab, { ...options, envoy, loadReports: raw.keep === true });
      if (raw.keep === true && stage.pushed !== undefined) console.error(`page, live: ${pageOf(stage.pushed)}`);
      const fixture = new LabFixture(stage);
      const report = await runProof(fixture, options, progress, signal);
      fixture.close();
      return report;
    },
  });
}

function pageOf({ adminAddress }: { readonly adminAddress: string }): string {
  return `http://${adminAddress}/dashboard/`;
}

/** What goes on while the lab is kept up, and what a person can call. */
function keepUp({ lab, headless, clusterIp, http, pushed, gateway }: Stage): string {
  const dns = lab.dnsAddress.replace(/:(\d+)$/, ' -p $1');
  return [
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
          `  page, with controls           ${pageOf(pushed)}`,
          `  calls                         ${startCaller(lab, headless, pushed)}`,
          `  control plane                 curl http://${pushed.adminAddress}/config_dump`,
          `  bootstrap for xds:/// clients evenkeel bootstrap --server ${pushed.xdsAddress}`,
        ]),
    `  pods                          evenkeel lab ps --id ${lab.id}`,
  ].join('\n');
}
