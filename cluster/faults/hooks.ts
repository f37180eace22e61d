import assert from 'node:assert/strict';
import { outcomeOf } from '../../test/support/outcome.ts';
import { images, without, withoutCluster } from '../support/cluster.ts';

/** Why there can be no faults here; false where there can. */
export const skip =
  withoutCluster() || without(images.clients, 'no test clients: name their image with EVENKEEL_CLIENTS_IMAGE');

/** Two commands for a fault that no Kubernetes API can make: what begins it and what ends it. */
export interface Fault {
  /** Why it cannot be made; false where it can. */
  readonly skip: string | false;
  /** Runs the first; `{name}` in it stands for these. */
  begin(values?: Readonly<Record<string, string>>): Promise<void>;
  end(values?: Readonly<Record<string, string>>): Promise<void>;
}

/** A fault whose commands EVENKEEL_CLUSTER_… name; without them its test is skipped. */
export function fault(begin: string, end: string): Fault {
  const commands = [begin, end].map((name) => {
    const variable = `EVENKEEL_CLUSTER_${name}`;
    const command = process.env[variable];
    return { command, skip: skip || without(command, `name the command with ${variable}`) };
  });
  const run =
    (at: number) =>
    async (values: Readonly<Record<string, string>> = {}) => {
      const command = Object.entries(values).reduce(
        (text, [name, value]) => text.replaceAll(`{${name}}`, value),
        commands[at]!.command!,
      );
      const { code, stderr, stdout } = await outcomeOf('sh', ['-c', command]);
      assert.equal(code, 0, `${command}: ${stderr}${stdout}`);
    };
  return { skip: commands[0]!.skip || commands[1]!.skip, begin: run(0), end: run(1) };
}
