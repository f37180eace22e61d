import { createRequire } from 'node:module';
import type { Command } from 'commander';
import type { DoctorOptions } from '../doctor/examine.ts';
import { addAskOptions } from './ask-options.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

export function registerDoctor(root: Command): void {
  const command = root
    .command('doctor')
    .description(
      'Look for what is wrong with an installation, a client or a cluster: one line a finding, and what to do.',
    )
    .option('--bootstrap <file>', 'bootstrap of a client (default: that of GRPC_XDS_BOOTSTRAP)')
    .option('--server <host:port>', 'control plane to connect to (default: that of the bootstrap)')
    .option('--tls', 'connect with TLS')
    .option('--tls-ca <file>', 'authorities of its certificate')
    .option('--tls-cert <file>', "the client's certificate")
    .option('--tls-key <file>', 'and its key')
    .option('--kubeconfig <file>', 'kubeconfig (default: as kubectl finds it)')
    .option('--kube-context <name>', 'context of the kubeconfig')
    .option('--no-kubernetes', 'look at no cluster');
  addAskOptions(command)
    .addHelpText(
      'after',
      `
It only reads. Exit code: 0 nothing is wrong, 1 there is a fault or a warning,
2 bad input. More: docs/explain.md

Examples:
  evenkeel doctor
  evenkeel doctor --bootstrap bootstrap.json --no-kubernetes
  evenkeel doctor --server evenkeel.evenkeel:18000 --admin 127.0.0.1:18001`,
    )
    .action(async ({ json, ...options }: Omit<DoctorOptions, 'version'> & { readonly json?: true }) => {
      const [{ examine }, { isHealthy, printDiagnoses }, { painter }, { useColour }] = await Promise.all([
        import('../doctor/examine.ts'),
        import('../doctor/show-diagnoses.ts'),
        import('../probe/print/layout.ts'),
        import('../probe/print/print-report.ts'),
      ]);
      const findings = await examine({ ...options, version });
      const healthy = isHealthy(findings);
      console.log(
        json ? JSON.stringify({ healthy, findings }) : printDiagnoses(findings, painter(useColour(process.stdout))),
      );
      process.exitCode = healthy ? 0 : 1;
    });
}
