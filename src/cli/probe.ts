import type { Command } from 'commander';
import { addProbeOptions, type RawProbeOptions } from '../probe/measure/options.ts';

export function registerProbe(root: Command): void {
  const command = root
    .command('probe')
    .description('Measure how evenly any gRPC or HTTP service answers, how fast, and what fails.')
    .argument(
      '<target>',
      'dns:///HOST:PORT, xds:///NAME, kubernetes:///SERVICE.NAMESPACE[:PORT], HOST:PORT, http(s)://…',
    );
  addProbeOptions(command)
    .addHelpText(
      'after',
      `
Times are a number and ms, s, m or h. No call is ever retried.

Examples:
  evenkeel probe orders.shop:50051                            the health service, 100 calls/s for 10 s
  evenkeel probe dns:///orders.shop:50051 --policy round_robin
  evenkeel probe xds:///orders.shop                           needs GRPC_XDS_BOOTSTRAP (evenkeel bootstrap)
  evenkeel probe orders.shop:50051 --method shop.Orders/Get --data '{"id":"7"}'
  evenkeel probe https://shop.example/health --backends 3 --new-connections
  evenkeel probe orders.shop:50051 --rate 10..500 --duration 1m --html ramp.html
  evenkeel probe orders.shop:50051 --engine wire --concurrency 50 --duration 10s
  evenkeel probe orders.shop:50051 --policy round_robin --expect balanced --max-failed 0 --max-p99 50ms`,
    )
    .action(async (target: string, raw: RawProbeOptions) => {
      process.exitCode = await probe(target, raw);
    });
}

async function probe(target: string, raw: RawProbeOptions): Promise<number> {
  const { parseProbeOptions } = await import('../probe/measure/options.ts');
  const options = parseProbeOptions(target, raw);
  // grpc-js asks the DNS server that a target names only with this resolver, and reads it when it is loaded.
  if (options.target.kind === 'grpc' && options.target.scheme === 'dns' && options.target.authority !== '') {
    process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER ??= 'true';
  }
  const { terminationSignal, leaveSoon } = await import('../base/shutdown.ts');
  // From here on: whatever takes long can be ended.
  const early = new AbortController();
  void terminationSignal().then(() => early.abort());
  const [{ runProbe }, { showProbe }, { openResults }, { createProgress }, { versions }, { machine }, { commandLine }] =
    await Promise.all([
      import('../probe/measure/run-probe.ts'),
      import('../probe/measure/show.ts'),
      import('../probe/results.ts'),
      import('../probe/progress.ts'),
      import('../environments/versions.ts'),
      import('../environments/machine.ts'),
      import('../base/command-line.ts'),
    ]);
  const results = await openResults(options);
  const progress = createProgress(process.stderr);
  try {
    const about = { versions: await versions(), machine: machine(), command: commandLine() };
    const report = await runProbe(options, progress, early.signal, about).catch((thrown: unknown) => {
      if (!early.signal.aborted) throw thrown;
      progress.note('the run was ended before anything was measured');
    });
    return report === undefined ? 3 : await results.show(report, showProbe(options));
  } catch (thrown) {
    // A name that is still being resolved would hold the process.
    leaveSoon();
    throw thrown;
  } finally {
    progress.end();
    if (early.signal.aborted) leaveSoon();
  }
}
