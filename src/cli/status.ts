import type { Command } from 'commander';
import { type AskOptions, addAskOptions } from './ask-options.ts';

export function registerStatus(root: Command): void {
  const command = root
    .command('status')
    .description('Show every client of the control planes: whether it has what it asks for, and if not, why.');
  addAskOptions(command)
    .addHelpText(
      'after',
      `
SYNCED    it has acknowledged everything that it asks for
STALE     it was sent something and does not answer
NOT SENT  it asks for something that is not served
REJECTED  it was sent something and rejected it

Exit code: 0 all are SYNCED, 1 one is not or a replica does not answer,
3 no replica answers. More: docs/explain.md

Examples:
  evenkeel status
  evenkeel status --admin 127.0.0.1:18001 --admin 127.0.0.1:18011
  kubectl evenkeel status    asks all replicas of a cluster`,
    )
    .action(async ({ admin, json }: AskOptions) => {
      const [{ showStatus }, { painter }, { useColour }] = await Promise.all([
        import('../explain/show-status.ts'),
        import('../probe/print/layout.ts'),
        import('../probe/print/print-report.ts'),
      ]);
      process.exitCode = await showStatus({
        admins: admin,
        json: json === true,
        paint: painter(useColour(process.stdout)),
      });
    });
}
